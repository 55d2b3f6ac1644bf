// The argument types of a kernel call. The binding fills them from JavaScript values; from then on a call is
// a flat record that needs no Node-API. The type of a parameter says what may happen to it:
//   In<T>       read only                       InOut<T>    read and written
//   Out<T>      written, overlaps no input      OutOver<T>  written; may be exactly one of the inputs
//   Opt<...>    may be null (data == nullptr)   Dims        small integers, copied into the record
//   AnyIn/AnyOut/AnyOutOver  any element type; `type` tells which
//   Ins<T, n>/Outs<T, n>  a list of at most n arrays, read or written, each of which may be null
// The binding refuses any other overlap between a written array and another argument.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace myelin {

enum class Type : int32_t { f32, f64, i32, u8 };
inline size_t sizeOf(Type t) { return t == Type::f64 ? 8 : t == Type::u8 ? 1 : 4; }

template <class T> struct In { const T* data; size_t length; };
template <class T> struct Out { T* data; size_t length; };
template <class T> struct OutOver { T* data; size_t length; };
template <class T> struct InOut { T* data; size_t length; };
template <class A> struct Opt : A { explicit operator bool() const { return this->data != nullptr; } };
struct AnyIn { const void* data; size_t length; Type type; };
struct AnyOut { void* data; size_t length; Type type; };
struct AnyOutOver { void* data; size_t length; Type type; };

template <class T, int most> struct Ins {
  static constexpr int32_t capacity = most;
  int32_t count;
  Opt<In<T>> arrays[most];
  const Opt<In<T>>& operator[](int32_t i) const { return arrays[i]; }
};
template <class T, int most> struct Outs {
  static constexpr int32_t capacity = most;
  int32_t count;
  Opt<Out<T>> arrays[most];
  const Opt<Out<T>>& operator[](int32_t i) const { return arrays[i]; }
};

struct Dims {
  static constexpr int32_t capacity = 32;
  int32_t count;
  int32_t values[capacity];
  int32_t operator[](int32_t i) const { return values[i]; }
};

// What a kernel call answers: fine, or what was wrong. `text` is a string literal.
struct Status {
  const char* text;
  static constexpr Status ok() { return {nullptr}; }
  static constexpr Status error(const char* text) { return {text}; }
  bool failed() const { return text != nullptr; }
};

}  // namespace myelin
