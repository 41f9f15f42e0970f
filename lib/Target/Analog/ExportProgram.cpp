//===- ExportProgram.cpp - From tiles to a program ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ExportProgram.h"

#include "CommandSchedule.h"
#include "LayerTables.h"
#include "LoadedProgram.h"
#include "TensorPlaces.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/Analog/Encoding.h"
#include "garam/Target/DebugMapBuilder.h"

using namespace mlir;

namespace garam::analog {

// What the dialect's verifiers let through, programs can encode.
static_assert(maxIndices == maxSize && maxIndexDims == maxDims);

namespace {

class Exporter {
public:
  Exporter(func::FuncOp function, const MachineDescription &machine)
      : function(function), machine(machine), places(function),
        schedule(program, machine) {}

  FailureOr<DeviceProgram> run();

private:
  LogicalResult addLayer(RescaleOp op);
  void addConstant(RescaleOp op, const LayerTables &tables);
  TensorAccess makeAccess(Value tensor, AffineMap map) const;
  void addValue(RescaleOp op, uint32_t lastCommand);
  void addOrigins();
  void addPlan();
  LowerBound getBound() const;

  func::FuncOp function;
  const MachineDescription &machine;
  TensorPlaces places;
  Program program;
  CommandSchedule schedule;
  DeviceProgram result;
  uint64_t constantBytes = 0;
  std::vector<SmallVector<uint32_t, 1>> nodesOfLayers;
  DebugMapBuilder debug;
};

} // namespace

TensorAccess Exporter::makeAccess(Value tensor, AffineMap map) const {
  TensorPlace place = places.get(tensor);
  TensorAccess access;
  access.segment = place.segment;
  access.offset = place.offset;
  LinearMap linear = *getLinearMap(map);
  for (auto [size, coefficients, constant] :
       llvm::zip_equal(cast<RankedTensorType>(tensor.getType()).getShape(),
                       linear.coefficients, linear.constants)) {
    access.shape.push_back(size);
    access.start.push_back(constant);
    access.coefficients.emplace_back(coefficients.begin(), coefficients.end());
  }
  return access;
}

static void appendSizes(ArrayRef<int64_t> sizes,
                        SmallVectorImpl<uint32_t> &to) {
  to.append(sizes.begin(), sizes.end());
}

void Exporter::addConstant(RescaleOp op, const LayerTables &tables) {
  constantBytes += tables.getSize();
  DeviceConstant constant;
  constant.offset = tables.getOffset();
  constant.size = tables.getSize();
  constant.write = [tables](MutableArrayRef<uint8_t> bytes) {
    tables.write(bytes);
  };
  for (StringRef node : getNodeIds(op.getLoc()))
    constant.nodes.push_back(node.str());
  constant.findNonFinite = [tables](ArrayRef<uint8_t> bytes) {
    return tables.findNonFinite(bytes);
  };
  result.constants.push_back(std::move(constant));
}

LogicalResult Exporter::addLayer(RescaleOp op) {
  auto matrix = op.getMatrix().getDefiningOp<MatrixOp>();
  auto sums = op.getSums().getDefiningOp<AccumulateOp>();
  ConvertOp convert = op.getConvert();
  Layer layer;
  appendSizes(op.getVectors(), layer.vectorSizes);
  appendSizes(convert.getRows(), layer.rowSizes);
  appendSizes(matrix.getGroups(), layer.columnSizes);
  appendSizes(matrix.getOutputs(), layer.columnSizes);
  layer.groups = matrix.getNumGroups();
  layer.input = makeAccess(convert.getInput(), convert.getMap());
  layer.output = makeAccess(op.getResult(), op.getMap());
  layer.inputScale =
      static_cast<float>(convert.getDac().getScale().getValueAsDouble());
  layer.low = convert.getDac().getLow();
  layer.high = convert.getDac().getHigh();
  if (std::optional<APFloat> low = op.getLow())
    layer.outputLow = low->convertToFloat();
  if (std::optional<APFloat> high = op.getHigh())
    layer.outputHigh = high->convertToFloat();
  uint32_t phases = 0;
  for (unsigned i = 0; i < sums.getParts().size(); ++i) {
    TileOp tile = sums.getTile(i);
    phases = sums.getParts()[i].getDefiningOp<ReadOp>().getPhases();
    layer.tiles.push_back(
        {uint32_t(tile.getCore()), uint32_t(tile.getFirstRow()),
         uint32_t(tile.getType().getRows()), uint32_t(tile.getFirstColumn()),
         uint32_t(tile.getType().getColumns()), 0, 0});
  }
  uint64_t needed = CommandSchedule::getNeededBytes(layer);
  if (needed > machine.vectors.bytes)
    return emitRefusal(
        {op.getLoc(), "two of its vectors need " + Twine(needed) +
                          " bytes of vector memory, '" + machine.name +
                          "' has " + Twine(machine.vectors.bytes)});
  addConstant(op, LayerTables(op, layer, constantBytes, machine));
  program.layers.push_back(std::move(layer));
  nodesOfLayers.push_back(debug.getNodes(op.getLoc()));
  addValue(op, schedule.addLayer(program.layers.size() - 1, phases));
  return success();
}

/// The output of the model's node that a layer's output is.
void Exporter::addValue(RescaleOp op, uint32_t lastCommand) {
  TensorPlace place = places.get(op.getResult());
  DenseValue value;
  value.segment = place.segment;
  value.offset = place.offset;
  value.command = lastCommand;
  debug.addValue(op.getLoc(),
                 cast<RankedTensorType>(op.getType()).getNumElements(), value);
}

void Exporter::addOrigins() {
  for (const auto &[lane, layers] : llvm::enumerate(schedule.getLayers()))
    for (uint32_t layer : layers)
      debug.addCommand(lane, nodesOfLayers[layer]);
  result.debug = debug.take(schedule.getLayers().size());
}

void Exporter::addPlan() {
  result.plan.push_back({"vector memory", /*isOnChip=*/true, 0,
                         schedule.getUsedBytes(), "codes"});
  for (const auto &[number, layer] : llvm::enumerate(program.layers))
    for (const Tile &tile : layer.tiles)
      result.plan.push_back({"core " + std::to_string(tile.core) + " crossbar",
                             /*isOnChip=*/true, 0,
                             uint64_t(tile.rows) * tile.columns,
                             "weights of layer " + std::to_string(number)});
}

LowerBound Exporter::getBound() const {
  LowerBound bound;
  for (const Layer &layer : program.layers)
    bound.macs += layer.getVectors() * layer.getMACsPerVector();
  bound.computeSeconds = bound.macs / machine.getPeakMACsPerSecond();
  bound.peakBytesPerSecond =
      machine.digital.clockHz * machine.buffer.bytesPerCycle;
  return bound;
}

FailureOr<DeviceProgram> Exporter::run() {
  uint64_t needed = places.getBytes();
  if (needed > machine.buffer.bytes)
    return emitRefusal({function, "its tensors need " + Twine(needed) +
                                      " bytes of the buffer, '" + machine.name +
                                      "' has " + Twine(machine.buffer.bytes)});
  for (auto op : function.getOps<RescaleOp>())
    if (failed(addLayer(op)))
      return failure();
  program.segments = places.getSegments();
  program.segments[0].size = constantBytes;
  if (uint64_t operations = countOperations(program);
      operations > maxOperations)
    return emitRefusal({function, "a run would take " + Twine(operations) +
                                      " reads of cells and conversions, at "
                                      "most " +
                                      Twine(maxOperations) + " are one run"});
  if (llvm::Error error = checkProgram(program, machine))
    return function.emitError("the program breaks a rule: ")
           << llvm::toString(std::move(error));
  result.code = encode(program);
  result.segments = program.segments;
  result.residents = listResidents(program);
  addOrigins();
  addPlan();
  result.bound = getBound();
  return std::move(result);
}

FailureOr<DeviceProgram> exportProgram(func::FuncOp function,
                                       const MachineDescription &machine) {
  return Exporter(function, machine).run();
}

} // namespace garam::analog
