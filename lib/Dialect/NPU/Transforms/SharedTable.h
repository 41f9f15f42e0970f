//===- SharedTable.h - Tables whose copies share their entries --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A table of values by small numbers for searches that go on from one state in
// several ways: a copy shares all values, and a value is copied when one of the
// tables that share it changes it. It is a tree of nodes with `fanOut` children
// each, by the digits of the number: to copy a table takes one step, to find or
// change a value one a digit, however many values there are or were.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_SHAREDTABLE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_SHAREDTABLE_H

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace garam::npu {

template <typename T>
class SharedTable {
public:
  /// The value at `number`, or null. Stays until the table is changed.
  const T *find(size_t number) const {
    if (number >= getEnd())
      return nullptr;
    const void *known = root.get();
    for (unsigned level = numLevels; known && level-- > 0;)
      known = static_cast<const Node *>(known)
                  ->children[getDigit(number, level)]
                  .get();
    return static_cast<const T *>(known);
  }

  /// The value at `number`, made when there is none, to be changed. Stays until
  /// the table is copied or this value asked for again.
  T &get(size_t number) {
    grow(number);
    return change<T>(getSlot(number));
  }

  /// Returns the value in the table, as get.
  T &set(size_t number, T value) {
    grow(number);
    auto made = std::make_shared<T>(std::move(value));
    T &stored = *made;
    getSlot(number) = std::move(made);
    return stored;
  }

  void erase(size_t number) {
    if (find(number))
      erase(root, number, numLevels);
    if (!root)
      numLevels = 0;
  }

  void clear() {
    root = nullptr;
    numLevels = 0;
  }

private:
  static constexpr unsigned fanOut = 16;
  /// A node, or a value below the last of them.
  using Child = std::shared_ptr<void>;
  struct Node {
    std::array<Child, fanOut> children;

    bool isEmpty() const {
      for (const Child &child : children)
        if (child)
          return false;
      return true;
    }
  };

  /// Behind the numbers that the tree has room for.
  size_t getEnd() const {
    size_t end = root ? 1 : 0;
    for (unsigned level = 0; level < numLevels; ++level)
      end *= fanOut;
    return end;
  }

  static unsigned getDigit(size_t number, unsigned level) {
    for (; level > 0; --level)
      number /= fanOut;
    return number % fanOut;
  }

  /// What `child` is, made when there is none. No other table has it.
  template <typename V>
  static V &change(Child &child) {
    if (!child)
      child = std::make_shared<V>();
    else if (child.use_count() > 1)
      child = std::make_shared<V>(*static_cast<V *>(child.get()));
    return *static_cast<V *>(child.get());
  }

  /// Makes room for `number`, with new roots above the old one.
  void grow(size_t number) {
    if (!root) {
      root = std::make_shared<Node>();
      numLevels = 1;
    }
    for (; number >= getEnd(); ++numLevels) {
      auto above = std::make_shared<Node>();
      above->children.front() = std::move(root);
      root = std::move(above);
    }
  }

  /// Where the value at `number`, for which there is room, is or is put at
  /// once. No other table has the nodes above it.
  Child &getSlot(size_t number) {
    Child *slot = &root;
    for (unsigned level = numLevels; level-- > 0;)
      slot = &change<Node>(*slot).children[getDigit(number, level)];
    return *slot;
  }

  /// Erases the value at `number`, which is there, and the nodes that have
  /// nothing left, below `child`, which has `levels` levels.
  static void erase(Child &child, size_t number, unsigned levels) {
    if (levels == 0) {
      child = nullptr;
      return;
    }
    Node &node = change<Node>(child);
    erase(node.children[getDigit(number, levels - 1)], number, levels - 1);
    if (node.isEmpty())
      child = nullptr;
  }

  Child root;
  unsigned numLevels = 0; // of nodes
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_SHAREDTABLE_H
