//===- QueueVerifier.h - Rules of the commands of a queue -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The rules C4 to C24 of docs/isa/npu.md. Each message begins with the number
// of its rule.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_VERIFIER_QUEUEVERIFIER_H
#define GARAM_LIB_TARGET_NPU_VERIFIER_QUEUEVERIFIER_H

#include "garam/Target/NPU/Machine/ISA.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

namespace garam::npu {

/// The absolute value, also of the least number.
inline uint64_t magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value) : value;
}

/// What the accumulators of a tensor engine hold when that is known.
struct AccumulatorState {
  bool valid = false;
  std::array<uint32_t, maxRowDims> rows = {};
  uint32_t columns = 0;
  bool isInteger = false;

  static AccumulatorState of(const TensorCommand &c) {
    return {true, c.rows, c.columns, npu::isInteger(c.activation.type)};
  }
  bool operator==(const AccumulatorState &other) const {
    return valid && other.valid && rows == other.rows &&
           columns == other.columns && isInteger == other.isInteger;
  }
};

/// Checks one queue. The first error is kept.
class QueueVerifier {
public:
  QueueVerifier(const Program &program, const Queue &queue)
      : program(program), queue(queue) {}

  llvm::Error run();

private:
  struct Loop {
    uint32_t count;
    bool mayBeSkipped;
    AccumulatorState before;
    /// The first tensor command of the body.
    const TensorCommand *first = nullptr;
  };

  bool check(bool condition, unsigned rule, const llvm::Twine &message) {
    if (!condition && this->message.empty())
      this->message = ("(C" + llvm::Twine(rule) + ") " + message).str();
    return condition;
  }

  void verify(const TensorCommand &c);
  void verify(const VectorCommand &c);
  void verify(const DMACommand &c);
  void verify(const WaitCommand &c);
  void verify(const SignalCommand &c);
  void verify(const LoopBeginCommand &c);
  void verify(const LoopEndCommand &c);

  void checkEngine(Engine engine);
  void checkSizes(llvm::ArrayRef<uint32_t> sizes);
  bool checkParameter(int parameter);
  /// Checks where an operand begins; its walk goes `extent` bytes further.
  void checkAddress(const llvm::Twine &name, const Address &address,
                    uint64_t extent);
  void checkOperand(const llvm::Twine &name, const Descriptor &descriptor,
                    llvm::ArrayRef<uint32_t> sizes, bool isRead,
                    uint64_t limit = 0);
  void checkGuard(const llvm::Twine &name, const Guard &guard,
                  llvm::ArrayRef<uint32_t> sizes);
  void checkReach(const llvm::Twine &name, const Address &address);
  void checkTensorTypes(const TensorCommand &c);
  void checkAccumulators(const TensorCommand &c);
  void checkMicroProgram(const VectorCommand &c);
  void checkInitialInput(const VectorCommand &c, const VectorReduction &r);
  void checkInstruction(const VectorCommand &c, const VectorInstruction &i,
                        uint32_t &defined, uint32_t readOnly, bool inFinish);
  void checkIndirection(const DMACommand &c);

  const Program &program;
  const Queue &queue;
  llvm::SmallVector<Loop, maxLoopDepth> loops;
  uint64_t executedCommands = 0;
  AccumulatorState accumulators;
  std::string message;
};

/// Checks resident bytes and what the set-up does, of a program whose queues
/// are in order: rules C25 and C26.
llvm::Error verifySetup(const Program &program);

/// Whether the strides of `descriptor` from dimension `from` on are zero, its
/// guards' coefficients too.
bool ignoresDims(const Descriptor &descriptor, unsigned from);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_VERIFIER_QUEUEVERIFIER_H
