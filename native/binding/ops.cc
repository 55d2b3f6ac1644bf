#include "../ops/ops.h"

#include "record.h"

namespace myelin {

const Op opTable[] = {
#define OP(name) makeOp<&ops::name>(#name),
#include "ops.def"
#undef OP
    {},
};
const int opCount = int(sizeof opTable / sizeof *opTable) - 1;

}  // namespace myelin
