//===- TensorData.h - The bytes of a TensorProto ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_TENSORDATA_H
#define GARAM_LIB_FRONTEND_ONNX_TENSORDATA_H

#include "ExternalData.h"
#include "onnx/onnx_pb.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace garam::onnx {

namespace pb = ::onnx;

/// Bits of an element of `type` in raw_data; 0 for strings and unknown types.
unsigned getElementBits(int type);

/// The number of bytes that the shape and type of `tensor` ask for. Fails when
/// a dimension is negative, the product overflows, or the type has no bytes.
llvm::Expected<uint64_t> getTensorBytes(const pb::TensorProto &tensor);

/// Where the data of the tensors of one model is.
class TensorStore {
public:
  TensorStore(std::shared_ptr<llvm::MemoryBuffer> modelFile,
              std::vector<llvm::ArrayRef<char>> payloads,
              llvm::StringRef modelPath);

  /// The data of a tensor as the scan left it, in whatever field or file beside
  /// the model, after a check of its size.
  llvm::Expected<WeightRef> load(const pb::TensorProto &tensor);

  /// Makes `tensor` hold its data in raw_data, as itself or, when large, as a
  /// marker (ProtoScan.h). Once for each tensor that the scan left. Strings are
  /// left alone.
  llvm::Error normalize(pb::TensorProto &tensor);

  /// The data of a normalized tensor, or of one that the onnx library made.
  /// Small data is copied, for the tensor may go away.
  llvm::Expected<WeightRef> get(const pb::TensorProto &tensor) const;

  /// The model's file and those beside it that data lies in.
  std::vector<std::shared_ptr<llvm::MemoryBuffer>> getFiles() const;

private:
  std::string addPayload(WeightRef data);
  /// The payload that the marker in raw_data stands for.
  llvm::Expected<WeightRef> getPayload(const pb::TensorProto &tensor) const;
  llvm::Expected<WeightRef> fetch(const pb::TensorProto &tensor,
                                  uint64_t expectedBytes);
  llvm::Expected<WeightRef> fetchExternal(const pb::TensorProto &tensor,
                                          uint64_t expectedBytes);

  std::shared_ptr<llvm::MemoryBuffer> modelFile;
  std::vector<WeightRef> payloads;
  ExternalFiles externalFiles;
};

/// Calls `visit` on every tensor of the model, in subgraphs and functions too,
/// until one fails.
llvm::Error
visitTensors(pb::ModelProto &model,
             llvm::function_ref<llvm::Error(pb::TensorProto &)> visit);

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_TENSORDATA_H
