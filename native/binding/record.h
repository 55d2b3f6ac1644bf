// A kernel call as flat memory: an op and an array of 8-byte slots. All of it follows from the C++ signature in ops/ops.h: how
// many slots a parameter takes, what JavaScript value it accepts, and how the slots become the arguments again. Running a record
// needs no Node-API and allocates nothing, so a record can be kept and run again, on any thread.
#pragma once
#include <string.h>

#include <tuple>
#include <type_traits>
#include <utility>

#include "../runtime/args.h"

namespace myelin {

union Slot8 {
  void* pointer;
  int64_t integer;
  double number;
};

enum class Kind : uint8_t { array, list, dims, integer, index, number, boolean };
enum class Access : uint8_t { none, in, out, outOver, inOut };
enum class Element : uint8_t { none, f32, f64, i32, u8, u32, any };

struct Param {
  Kind kind;
  Access access = Access::none;
  Element element = Element::none;
  bool optional = false;
  uint8_t slots = 1;
  uint8_t capacity = 0;  // of a list: its count, then pointer and length of each array
  uint8_t first = 0;     // index of the first slot

  constexpr int arrays() const { return kind == Kind::list ? capacity : kind == Kind::array ? 1 : 0; }
};

constexpr int maxParams = 24;
constexpr int maxSlots = 128;
constexpr int maxArrays = 48;  // those of lists counted one by one

struct Op {
  const char* name;
  const Param* params;
  int paramCount;
  int slotCount;
  bool returnsSize;  // answers a number (negative: refused) instead of a status
  Status (*run)(const Slot8* slots);
  int64_t (*size)(const Slot8* slots);
};

namespace detail {

template <class T> constexpr Element elementOf = Element::none;
template <> inline constexpr Element elementOf<float> = Element::f32;
template <> inline constexpr Element elementOf<double> = Element::f64;
template <> inline constexpr Element elementOf<int32_t> = Element::i32;
template <> inline constexpr Element elementOf<uint8_t> = Element::u8;
template <> inline constexpr Element elementOf<uint32_t> = Element::u32;

// What a parameter type means: its Param, and how it is read back from its slots.
template <class A> struct Traits;

template <template <class> class A, class T, Access access> struct TypedTraits {
  static constexpr Param param{Kind::array, access, elementOf<T>, false, 2};
  static A<T> read(const Slot8* s) {
    A<T> array;
    array.data = static_cast<T*>(s[0].pointer);
    array.length = size_t(s[1].integer);
    return array;
  }
};
template <class T> struct Traits<In<T>> : TypedTraits<In, T, Access::in> {};
template <class T> struct Traits<Out<T>> : TypedTraits<Out, T, Access::out> {};
template <class T> struct Traits<OutOver<T>> : TypedTraits<OutOver, T, Access::outOver> {};
template <class T> struct Traits<InOut<T>> : TypedTraits<InOut, T, Access::inOut> {};

template <class A, Access access> struct AnyTraits {
  static constexpr Param param{Kind::array, access, Element::any, false, 3};
  static A read(const Slot8* s) { return {s[0].pointer, size_t(s[1].integer), Type(s[2].integer)}; }
};
template <> struct Traits<AnyIn> : AnyTraits<AnyIn, Access::in> {};
template <> struct Traits<AnyOut> : AnyTraits<AnyOut, Access::out> {};
template <> struct Traits<AnyOutOver> : AnyTraits<AnyOutOver, Access::outOver> {};

template <class A> struct Traits<Opt<A>> {
  static constexpr Param param{Traits<A>::param.kind, Traits<A>::param.access, Traits<A>::param.element, true, Traits<A>::param.slots};
  static Opt<A> read(const Slot8* s) {
    Opt<A> array;
    static_cast<A&>(array) = Traits<A>::read(s);
    return array;
  }
};

template <class List, class A, class T, Access access> struct ListTraits {
  static constexpr Param param{Kind::list, access, elementOf<T>, true, uint8_t(1 + 2 * List::capacity), uint8_t(List::capacity)};
  static List read(const Slot8* s) {
    List list;
    list.count = int32_t(s->integer);
    for (int32_t i = 0; i < List::capacity; i++)
      list.arrays[i] = i < list.count ? Traits<Opt<A>>::read(s + 1 + 2 * i) : Opt<A>{{nullptr, 0}};
    return list;
  }
};
template <class T, int most> struct Traits<Ins<T, most>> : ListTraits<Ins<T, most>, In<T>, T, Access::in> {};
template <class T, int most> struct Traits<Outs<T, most>> : ListTraits<Outs<T, most>, Out<T>, T, Access::out> {};

template <> struct Traits<Dims> {
  static constexpr Param param{Kind::dims, Access::in, Element::i32, false, (sizeof(Dims) + 7) / 8};
  static Dims read(const Slot8* s) {
    Dims dims;
    memcpy(&dims, s, sizeof dims);
    return dims;
  }
};
template <> struct Traits<int64_t> {
  static constexpr Param param{Kind::integer};
  static int64_t read(const Slot8* s) { return s->integer; }
};
template <> struct Traits<int32_t> {
  static constexpr Param param{Kind::index};
  static int32_t read(const Slot8* s) { return int32_t(s->integer); }
};
template <> struct Traits<double> {
  static constexpr Param param{Kind::number};
  static double read(const Slot8* s) { return s->number; }
};
template <> struct Traits<bool> {
  static constexpr Param param{Kind::boolean};
  static bool read(const Slot8* s) { return s->integer != 0; }
};

template <auto function> struct Signature;

template <class R, class... A, R (*function)(A...)> struct Signature<function> {
  static constexpr int count = sizeof...(A);
  struct Params {
    Param list[count];
    int slots;
  };
  static_assert(count <= maxParams, "more parameters than the decoder has room for");
  static_assert((Traits<A>::param.slots + ... + 0) <= maxSlots, "more slots than the decoder has room for");
  static_assert((Traits<A>::param.arrays() + ... + 0) <= maxArrays, "more arrays than the decoder has room for");
  static constexpr Params params = [] {
    Params p{{Traits<A>::param...}, 0};
    for (Param& param : p.list) {
      param.first = uint8_t(p.slots);
      p.slots += param.slots;
    }
    return p;
  }();

  template <size_t... i> static R call(const Slot8* s, std::index_sequence<i...>) {
    return function(Traits<A>::read(s + params.list[i].first)...);
  }
  static R call(const Slot8* s) { return call(s, std::make_index_sequence<count>()); }
};

}  // namespace detail

template <auto function> constexpr Op makeOp(const char* name) {
  using S = detail::Signature<function>;
  using R = decltype(S::call(nullptr));
  if constexpr (std::is_same_v<R, Status>) {
    return {name, S::params.list, S::count, S::params.slots, false, S::call, nullptr};
  } else {
    static_assert(std::is_same_v<R, int64_t>, "an op answers a Status or a size");
    return {name, S::params.list, S::count, S::params.slots, true, nullptr, S::call};
  }
}

// The ops of ops.def, in its order.
extern const Op opTable[];
extern const int opCount;

}  // namespace myelin
