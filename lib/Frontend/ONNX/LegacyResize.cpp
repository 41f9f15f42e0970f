//===- LegacyResize.cpp - Resizing before opset 11 ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Before opset 11, Resize and Upsample divide coordinates by the scales and
// nothing else, and take the element below, or the one above along dimensions
// that shrink. Since then attributes say so, whose defaults are others and
// which are for all dimensions; onnx's version converter does not write them
// down. So a mode of our own says it, `simple`, which is what onnxruntime calls
// it and the lowering knows. Source: what onnxruntime computes; the
// specifications of Upsample-9 and Resize-10 say no more than the scales.
//
//===----------------------------------------------------------------------===//

#include "LoadedModel.h"

using namespace llvm;

namespace garam::onnx {

static void setString(pb::NodeProto &node, const char *name,
                      const char *value) {
  pb::AttributeProto &attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(pb::AttributeProto::STRING);
  attribute.set_s(value);
}

void nameResizingModes(LoadedModel &model, int formerOpset) {
  constexpr int firstOpsetWithModes = 11;
  if (formerOpset == 0 || formerOpset >= firstOpsetWithModes)
    return;
  visitNodes(*model.proto.mutable_graph(), [&](pb::NodeProto &node) {
    if (!node.domain().empty() || node.op_type() != "Resize")
      return;
    setString(node, "coordinate_transformation_mode", "asymmetric");
    setString(node, "nearest_mode", "simple");
  });
}

} // namespace garam::onnx
