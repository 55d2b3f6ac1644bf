#include "conv_geometry.h"

namespace myelin::ops {
namespace {

// Takes the numbers in the order of convGeometryFields and poolGeometryFields in src/backend/backend.ts.
class Reader {
 public:
  explicit Reader(const Dims& dims) : dims_(dims) {}
  void read(int64_t& value) { value = dims_[at_++]; }
  void read(int64_t (&axes)[3]) {
    for (int64_t& value : axes) read(value);
  }

 private:
  const Dims& dims_;
  int32_t at_ = 0;
};

template <class Geometry>
Status checkAxes(const Dims& dims, const Geometry& g, int64_t leastKernel = 1) {
  for (int32_t i = 0; i < dims.count; ++i) {
    if (dims[i] < 0) return Status::error("expected a geometry without negative numbers");
  }
  for (int axis = 0; axis < 3; ++axis) {
    if (g.kernel[axis] < leastKernel || g.stride[axis] < 1 || g.dilation[axis] < 1) {
      return Status::error("expected kernel, stride and dilation of at least 1");
    }
  }
  return Status::ok();
}

}  // namespace

Status readGeometry(const Dims& dims, ConvGeometry& g) {
  if (dims.count != 22) return Status::error("expected a geometry of 22 numbers");
  Reader reader(dims);
  reader.read(g.batch);
  reader.read(g.in);
  reader.read(g.inChannels);
  reader.read(g.out);
  reader.read(g.outChannels);
  reader.read(g.kernel);
  reader.read(g.stride);
  reader.read(g.pad);
  reader.read(g.dilation);
  reader.read(g.groups);
  const Status status = checkAxes(dims, g);
  if (status.failed()) return status;
  if (g.groups < 1 || g.inChannels % g.groups != 0 || g.outChannels % g.groups != 0) {
    return Status::error("expected groups that divide the channels");
  }
  return Status::ok();
}

Status readGeometry(const Dims& dims, PoolGeometry& g) {
  if (dims.count != 20) return Status::error("expected a geometry of 20 numbers");
  Reader reader(dims);
  reader.read(g.batch);
  reader.read(g.in);
  reader.read(g.channels);
  reader.read(g.out);
  reader.read(g.kernel);
  reader.read(g.stride);
  reader.read(g.pad);
  reader.read(g.dilation);
  const Status status = checkAxes(dims, g, 0);
  if (status.failed()) return status;
  for (int axis = 0; axis < 3; ++axis) {
    if (!g.adaptive(axis)) continue;
    g.pad[axis] = 0;
    g.stride[axis] = g.dilation[axis] = 1;
    const bool alike = g.in[axis] > 0 && g.out[axis] > 0 && g.in[axis] % g.out[axis] == 0;
    if (alike) g.kernel[axis] = g.stride[axis] = g.in[axis] / g.out[axis];
  }
  return Status::ok();
}

}  // namespace myelin::ops
