//===- ImportAttributes.h - Types, tensors and attributes -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_IMPORTATTRIBUTES_H
#define GARAM_LIB_FRONTEND_ONNX_IMPORTATTRIBUTES_H

#include "LoadedModel.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace garam::onnx {

/// The MLIR type of a value. `what` begins the messages: "input 'x'".
llvm::Expected<mlir::Type> importType(const llvm::Twine &what,
                                      const pb::TypeProto &type,
                                      mlir::MLIRContext *context);

/// A tensor of known data. Up to kMaxInlineBytes it becomes a dense attribute,
/// above a dense_resource that refers to `data` and keeps its owner alive.
llvm::Expected<mlir::ElementsAttr> importTensor(llvm::StringRef name,
                                                int elementType,
                                                llvm::ArrayRef<int64_t> shape,
                                                const WeightRef &data,
                                                mlir::MLIRContext *context);

/// An attribute of node `id`; not for graphs.
llvm::Expected<mlir::Attribute>
importAttribute(llvm::StringRef id, const pb::AttributeProto &attribute,
                const TensorStore &tensors, mlir::MLIRContext *context);

/// The value of a Constant node.
llvm::Expected<mlir::ElementsAttr> importConstant(const pb::NodeProto &node,
                                                  const TensorStore &tensors,
                                                  mlir::MLIRContext *context);

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_IMPORTATTRIBUTES_H
