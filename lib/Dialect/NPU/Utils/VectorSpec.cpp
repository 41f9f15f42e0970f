//===- VectorSpec.cpp - The parts of an npu.vector ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Utils/VectorSpec.h"

using namespace mlir;

namespace garam::npu {

VectorSpec VectorSpec::get(VectorOp op) {
  VectorSpec spec;
  spec.sizes.assign(op.getSizes().begin(), op.getSizes().end());
  spec.numReductions = op.getNumReductions();
  SmallVector<AffineMap> maps =
      llvm::to_vector(op.getIndexingMaps().getAsValueRange<AffineMapAttr>());
  for (auto [i, tensor] : llvm::enumerate(op.getInputs())) {
    VectorInput &input = spec.inputs.emplace_back();
    input.tensor = tensor;
    input.map = maps[i];
    input.padding.assign(input.map.getNumResults(), false);
    if (auto paddings = op.getPaddings())
      if (auto padding = cast<DenseBoolArrayAttr>((*paddings)[i]);
          !padding.empty())
        input.padding.assign(padding.asArrayRef().begin(),
                             padding.asArrayRef().end());
    if (auto fills = op.getFills())
      input.fill = (*fills)[i];
    if (auto isUnsigned = op.getUnsignedInputs())
      input.isUnsigned = (*isUnsigned)[i];
    if (auto isUpper = op.getUpperInputs())
      input.isUpper = (*isUpper)[i];
  }
  unsigned numInputs = spec.inputs.size();
  for (auto [i, type] : llvm::enumerate(op.getResultTypes())) {
    VectorResult &output = spec.outputs.emplace_back();
    output.type = cast<RankedTensorType>(type);
    output.map = maps[numInputs + i];
    if (auto isUnsigned = op.getUnsignedOutputs())
      output.isUnsigned = (*isUnsigned)[i];
  }
  for (Attribute combiner : op.getCombiners())
    spec.combiners.push_back(cast<CombinerAttr>(combiner));
  return spec;
}

unsigned VectorSpec::addInput(const VectorInput &input) {
  for (auto [i, present] : llvm::enumerate(inputs))
    if (present == input)
      return i;
  inputs.push_back(input);
  return inputs.size() - 1;
}

bool VectorSpec::isInvariant(unsigned i) const {
  for (unsigned dim = getNumParallel(), e = sizes.size(); dim < e; ++dim)
    if (inputs[i].map.isFunctionOfDim(dim))
      return false;
  return true;
}

Type getRegisterType(Type type) {
  return isa<FloatType>(type) ? Type(Float32Type::get(type.getContext()))
                              : Type(IntegerType::get(type.getContext(), 32));
}

VectorOp createVector(OpBuilder &builder, Location loc,
                      const VectorSpec &spec) {
  SmallVector<Value> tensors;
  SmallVector<AffineMap> maps;
  SmallVector<Attribute> paddings;
  SmallVector<double> fills;
  SmallVector<bool> unsignedInputs, unsignedOutputs, upperInputs;
  bool anyPadding = false;
  for (const VectorInput &input : spec.inputs) {
    tensors.push_back(input.tensor);
    maps.push_back(input.map);
    bool isPadded = input.hasPadding();
    anyPadding |= isPadded;
    paddings.push_back(builder.getDenseBoolArrayAttr(
        isPadded ? ArrayRef<bool>(input.padding) : ArrayRef<bool>()));
    fills.push_back(isPadded ? input.fill : 0.0);
    unsignedInputs.push_back(input.isUnsigned);
    upperInputs.push_back(input.isUpper);
  }
  SmallVector<Type> resultTypes;
  for (const VectorResult &output : spec.outputs) {
    resultTypes.push_back(output.type);
    maps.push_back(output.map);
    unsignedOutputs.push_back(output.isUnsigned);
  }
  SmallVector<Attribute> combiners(spec.combiners.begin(),
                                   spec.combiners.end());
  auto boolsOrNull = [&](ArrayRef<bool> values) {
    return llvm::is_contained(values, true)
               ? builder.getDenseBoolArrayAttr(values)
               : DenseBoolArrayAttr();
  };

  auto op = VectorOp::create(
      builder, loc, resultTypes, tensors,
      builder.getDenseI64ArrayAttr(spec.sizes),
      builder.getI64IntegerAttr(spec.numReductions),
      builder.getAffineMapArrayAttr(maps), builder.getArrayAttr(combiners),
      anyPadding ? builder.getArrayAttr(paddings) : ArrayAttr(),
      anyPadding ? builder.getDenseF64ArrayAttr(fills) : DenseF64ArrayAttr(),
      boolsOrNull(unsignedInputs), boolsOrNull(unsignedOutputs),
      boolsOrNull(upperInputs),
      /*schedule=*/ScheduleAttr(), /*slice=*/SliceAttr());

  Block &body = op.getBody().emplaceBlock();
  for (const VectorInput &input : spec.inputs)
    body.addArgument(getRegisterType(getElementTypeOrSelf(input.tensor)), loc);
  if (spec.combiners.empty())
    return op;
  Block &finish = op.getFinish().emplaceBlock();
  for (CombinerAttr combiner : spec.combiners)
    finish.addArgument(combiner.getInitial().getType(), loc);
  for (unsigned i = 0, e = spec.inputs.size(); i < e; ++i)
    if (spec.isInvariant(i))
      finish.addArgument(body.getArgument(i).getType(), loc);
  return op;
}

BlockArgument getFinishArgument(VectorOp op, unsigned input) {
  VectorSpec spec = VectorSpec::get(op);
  unsigned position = spec.combiners.size();
  for (unsigned i = 0; i < input; ++i)
    position += spec.isInvariant(i);
  return op.getFinish().getArgument(position);
}

} // namespace garam::npu
