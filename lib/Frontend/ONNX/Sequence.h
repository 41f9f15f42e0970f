//===- Sequence.h - The elements of a sequence, by name ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_SEQUENCE_H
#define GARAM_LIB_FRONTEND_ONNX_SEQUENCE_H

#include "llvm/ADT/ArrayRef.h"

#include <memory>
#include <string>
#include <vector>

namespace garam::onnx {

using Names = std::vector<std::string>;

/// The elements of a sequence, which shares them with the one that it
/// continues.
class Sequence {
public:
  Sequence() : Sequence(Names()) {}
  explicit Sequence(Names elements)
      : names(std::make_shared<Names>(std::move(elements))),
        length(names->size()) {}

  size_t size() const { return length; }
  bool empty() const { return length == 0; }
  llvm::ArrayRef<std::string> get() const {
    return llvm::ArrayRef(*names).take_front(length);
  }
  /// This one without its last element.
  Sequence dropLast() const {
    Sequence shorter = *this;
    --shorter.length;
    return shorter;
  }
  /// Whether `append` copies no elements: nothing else was appended to this.
  bool isWhole() const { return names->size() == length; }
  Sequence append(const std::string &element) const {
    Sequence longer = isWhole() ? *this : Sequence(get().vec());
    longer.names->push_back(element);
    ++longer.length;
    return longer;
  }

private:
  std::shared_ptr<Names> names;
  size_t length;
};

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_SEQUENCE_H
