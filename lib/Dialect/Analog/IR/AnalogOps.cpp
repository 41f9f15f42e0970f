//===- AnalogOps.cpp - Verification of operations -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Messages carry the number of the constraint in the operation's description.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Analog/IR/Analog.h"

#include "garam/Support/VerifiedDefinition.h"
#include "mlir/Dialect/Affine/Analysis/AffineStructures.h"
#include "mlir/IR/AffineMap.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

#define GET_OP_CLASSES
#include "garam/Dialect/Analog/IR/AnalogOps.cpp.inc"

namespace garam::analog {

int64_t getVolume(ArrayRef<int64_t> sizes) {
  int64_t volume = 1;
  for (int64_t size : sizes)
    if (llvm::MulOverflow(volume, size, volume))
      return std::numeric_limits<int64_t>::max();
  return volume;
}

std::optional<LinearMap> getLinearMap(AffineMap map) {
  LinearMap linear;
  if (map.getNumSymbols() != 0)
    return std::nullopt;
  for (AffineExpr expr : map.getResults()) {
    SmallVector<int64_t> flat;
    if (!expr.isPureAffine() ||
        failed(getFlattenedAffineExpr(expr, map.getNumDims(), 0, &flat)) ||
        flat.size() != map.getNumDims() + 1 ||
        !llvm::all_of(flat, [](int64_t v) { return llvm::isInt<32>(v); }))
      return std::nullopt;
    linear.constants.push_back(flat.pop_back_val());
    linear.coefficients.push_back(std::move(flat));
  }
  return linear;
}

/// Whether sizes are at least 1 and their indices no more than programs have.
static bool areSizes(ArrayRef<int64_t> sizes) {
  int64_t volume = 1;
  for (int64_t size : sizes) {
    if (size < 1 || size > maxIndices / volume)
      return false;
    volume *= size;
  }
  return true;
}

/// Whether all coordinates that a map makes of indices below `sizes` are inside
/// of `shape`.
static bool isInside(AffineMap map, ArrayRef<int64_t> sizes,
                     ArrayRef<int64_t> shape) {
  std::optional<LinearMap> linear = getLinearMap(map);
  if (!linear || map.getNumDims() != sizes.size() ||
      map.getNumResults() != shape.size())
    return false;
  for (auto [coefficients, constant, extent] :
       llvm::zip_equal(linear->coefficients, linear->constants, shape)) {
    int64_t low = constant, high = constant;
    for (auto [coefficient, size] : llvm::zip_equal(coefficients, sizes))
      (coefficient < 0 ? low : high) += coefficient * (size - 1);
    if (low < 0 || high >= extent)
      return false;
  }
  return true;
}

static SmallVector<int64_t> concat(std::initializer_list<ArrayRef<int64_t>> l) {
  SmallVector<int64_t> all;
  for (ArrayRef<int64_t> part : l)
    llvm::append_range(all, part);
  return all;
}

//===----------------------------------------------------------------------===//
// matrix
//===----------------------------------------------------------------------===//

int64_t MatrixOp::getNumGroups() { return getVolume(getGroups()); }
int64_t MatrixOp::getGroupRows() { return getVolume(getReduction()); }
int64_t MatrixOp::getGroupColumns() { return getVolume(getOutputs()); }

LogicalResult MatrixOp::verify() {
  ShapedType type = getValue().getShapedType();
  if (!type.getElementType().isF32() || !type.hasStaticShape())
    return emitOpError("(C1) weights are of f32 and of a static shape, got: ")
           << type;
  SmallVector<int64_t> sizes =
      concat({getGroups(), getReduction(), getOutputs()});
  if (!areSizes(concat({getGroups(), getReduction()})) ||
      !areSizes(concat({getGroups(), getOutputs()})) ||
      !isInside(getMap(), sizes, type.getShape()))
    return emitOpError("(C2) the map leads from groups, reduction and outputs "
                       "into the weights, got: ")
           << getMapAttr() << " of [" << ArrayRef(sizes) << "] and " << type;
  MatrixType matrix = getType();
  int64_t rows = getNumGroups() * getGroupRows();
  int64_t columns = getNumGroups() * getGroupColumns();
  if (matrix.getRows() != rows || matrix.getColumns() != columns)
    return emitOpError("(C3) the matrix has ")
           << rows << " rows and " << columns << " columns, got: " << matrix;
  constexpr uint64_t maxLevels = 127; // a signed byte
  if (getLevels() < 1 || getLevels() > maxLevels)
    return emitOpError("(C4) there are 1 to 127 levels, got: ") << getLevels();
  return success();
}

//===----------------------------------------------------------------------===//
// convert, multiply
//===----------------------------------------------------------------------===//

LogicalResult ConvertOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  SmallVector<int64_t> sizes = concat({getVectors(), getRows()});
  AffineMap map = getMap();
  if (!areSizes(getVectors()) || !areSizes(getRows()) ||
      map.getNumDims() != sizes.size() ||
      map.getNumResults() != input.getRank() || !getLinearMap(map) ||
      !input.getElementType().isF32())
    return emitOpError("(C1) the map leads linearly from vectors and rows to "
                       "elements of f32, got: ")
           << getMapAttr() << " of [" << ArrayRef(sizes) << "] and " << input;
  SmallVector<int64_t> shape = {getVolume(getVectors()), getVolume(getRows())};
  if (getType().getShape() != ArrayRef(shape))
    return emitOpError("(C2) the result has shape [")
           << ArrayRef(shape) << "], got: " << getType();
  return success();
}

LogicalResult MultiplyOp::verify() {
  auto codes = getCodes().getType();
  MatrixType matrix = getMatrix().getType();
  auto sums = getType();
  if (codes.getDimSize(1) != matrix.getRows() ||
      sums.getDimSize(0) != codes.getDimSize(0) ||
      sums.getDimSize(1) != matrix.getColumns())
    return emitOpError("(C1) codes times matrix have another shape, got: ")
           << codes << " times " << matrix << " as " << sums;
  return success();
}

//===----------------------------------------------------------------------===//
// tile, read
//===----------------------------------------------------------------------===//

LogicalResult TileOp::verify() {
  MatrixType matrix = getMatrix().getType();
  TileType tile = getType();
  int64_t row = getFirstRow(), column = getFirstColumn();
  if (tile.getRows() < 1 || tile.getColumns() < 1 || row < 0 || column < 0 ||
      row > matrix.getRows() - tile.getRows() ||
      column > matrix.getColumns() - tile.getColumns())
    return emitOpError("(C1) the tile is inside of the matrix, got: ")
           << tile << " at [" << row << ", " << column << "] of " << matrix;
  return success();
}

LogicalResult ReadOp::verify() {
  auto tile = getVerifiedDefinition<TileOp>(getTile(), *this);
  auto convert = getVerifiedDefinition<ConvertOp>(getCodes(), *this);
  if (!tile || !convert)
    return emitOpError("(C1) a read is of an earlier analog.tile and an "
                       "earlier analog.convert");
  auto codes = getCodes().getType();
  auto result = getType();
  if (codes.getDimSize(1) != tile.getMatrix().getType().getRows() ||
      result.getDimSize(0) != codes.getDimSize(0) ||
      result.getDimSize(1) != tile.getType().getColumns())
    return emitOpError("(C2) codes times tile have another shape, got: ")
           << codes << " times " << tile.getType() << " as " << result;
  bool isUnsigned = convert.getDac().getLow() >= 0;
  if (getPhases() != 4 && !(getPhases() == 1 && isUnsigned))
    return emitOpError("(C3) a read has 4 phases, or 1 if no code is "
                       "negative, got: ")
           << getPhases();
  return success();
}

//===----------------------------------------------------------------------===//
// accumulate
//===----------------------------------------------------------------------===//

TileOp AccumulateOp::getTile(unsigned number) {
  auto read = getParts()[number].getDefiningOp<ReadOp>();
  return read ? read.getTile().getDefiningOp<TileOp>() : TileOp();
}

namespace {

/// Rows [top, bottom) and columns [left, right).
struct Rectangle {
  int64_t top, bottom, left, right;

  explicit Rectangle(TileOp tile)
      : top(tile.getFirstRow()), bottom(top + tile.getType().getRows()),
        left(tile.getFirstColumn()), right(left + tile.getType().getColumns()) {
  }
  Rectangle(MatrixOp matrix, int64_t group)
      : top(group * matrix.getGroupRows()), bottom(top + matrix.getGroupRows()),
        left(group * matrix.getGroupColumns()),
        right(left + matrix.getGroupColumns()) {}

  int64_t getOverlap(const Rectangle &other) const {
    int64_t rows = std::min(bottom, other.bottom) - std::max(top, other.top);
    int64_t columns = std::min(right, other.right) - std::max(left, other.left);
    return std::max<int64_t>(rows, 0) * std::max<int64_t>(columns, 0);
  }
};

} // namespace

/// Whether tiles share no cell and hold all cells of the blocks.
static bool areTilesOf(MatrixOp matrix, ArrayRef<Rectangle> tiles) {
  int64_t held = 0;
  for (auto [i, tile] : llvm::enumerate(tiles)) {
    for (const Rectangle &other : tiles.drop_front(i + 1))
      if (tile.getOverlap(other) != 0)
        return false;
    int64_t firstGroup = tile.top / matrix.getGroupRows();
    int64_t lastGroup = (tile.bottom - 1) / matrix.getGroupRows();
    for (int64_t group = firstGroup; group <= lastGroup; ++group)
      held += tile.getOverlap(Rectangle(matrix, group));
  }
  return held == matrix.getNumGroups() * matrix.getGroupRows() *
                     matrix.getGroupColumns();
}

LogicalResult AccumulateOp::verify() {
  SmallVector<Rectangle> tiles;
  Value codes;
  MatrixOp matrix;
  for (unsigned i = 0; i < getParts().size(); ++i) {
    auto read = getVerifiedDefinition<ReadOp>(getParts()[i], *this);
    TileOp tile = read ? getTile(i) : TileOp();
    auto own = tile ? getVerifiedDefinition<MatrixOp>(tile.getMatrix(), *this)
                    : MatrixOp();
    if (!own || (matrix && own != matrix) ||
        (codes && read.getCodes() != codes))
      return emitOpError("(C1) parts are read earlier from the same codes "
                         "with tiles of one matrix, got another at number ")
             << i;
    matrix = own;
    codes = read.getCodes();
    tiles.push_back(Rectangle(tile));
  }
  if (!matrix)
    return emitOpError("(C1) parts are read from the same codes with tiles of "
                       "one matrix, got none");
  if (getType().getDimSize(0) !=
          cast<RankedTensorType>(getParts()[0].getType()).getDimSize(0) ||
      getType().getDimSize(1) != matrix.getType().getColumns())
    return emitOpError("(C2) the result has the rows of the parts and the "
                       "columns of ")
           << matrix.getType() << ", got: " << getType();
  if (!areTilesOf(matrix, tiles))
    return emitOpError("(C3) tiles share cells or leave some of the matrix "
                       "out");
  return success();
}

//===----------------------------------------------------------------------===//
// rescale
//===----------------------------------------------------------------------===//

/// Whether indices below `sizes` reach each element of `shape` once: strides of
/// the indices in memory, sorted, nest without gaps.
static bool isBijective(AffineMap map, ArrayRef<int64_t> sizes,
                        ArrayRef<int64_t> shape) {
  if (!isInside(map, sizes, shape) || getVolume(sizes) != getVolume(shape))
    return false;
  LinearMap linear = *getLinearMap(map);
  SmallVector<std::pair<int64_t, int64_t>> strides; // stride, size
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    // Of others the shape does not bound the coefficients.
    if (size == 1)
      continue;
    int64_t stride = 0;
    for (auto [coefficients, extent] :
         llvm::zip_equal(linear.coefficients, shape))
      stride = stride * extent + coefficients[dim];
    strides.emplace_back(stride, size);
  }
  llvm::sort(strides);
  int64_t expected = 1;
  for (auto [stride, size] : strides) {
    if (stride != expected)
      return false;
    expected *= size;
  }
  return true;
}

ConvertOp RescaleOp::getConvert() {
  Value codes;
  if (auto multiply = getVerifiedDefinition<MultiplyOp>(getSums(), *this)) {
    if (multiply.getMatrix() == getMatrix())
      codes = multiply.getCodes();
  } else if (auto accumulate =
                 getVerifiedDefinition<AccumulateOp>(getSums(), *this)) {
    auto read = accumulate.getParts()[0].getDefiningOp<ReadOp>();
    if (accumulate.getTile(0).getMatrix() == getMatrix())
      codes = read.getCodes();
  }
  return codes ? getVerifiedDefinition<ConvertOp>(codes, *this) : ConvertOp();
}

LogicalResult RescaleOp::verify() {
  auto matrix = getVerifiedDefinition<MatrixOp>(getMatrix(), *this);
  if (!matrix || !getConvert())
    return emitOpError("(C4) the matrix comes from an earlier analog.matrix "
                       "and the sums from earlier codes times it");
  auto result = cast<RankedTensorType>(getType());
  SmallVector<int64_t> columns =
      concat({matrix.getGroups(), matrix.getOutputs()});
  SmallVector<int64_t> sizes = concat({getVectors(), columns});
  if (!areSizes(getVectors()) || !result.getElementType().isF32() ||
      !isBijective(getMap(), sizes, result.getShape()))
    return emitOpError("(C1) the map reaches each element of the result once, "
                       "got: ")
           << getMapAttr() << " of [" << ArrayRef(sizes) << "] and " << result;
  auto sums = getSums().getType();
  if (sums.getDimSize(0) != getVolume(getVectors()) ||
      sums.getDimSize(1) != matrix.getType().getColumns())
    return emitOpError("(C2) sums have a row a vector and a column for each of "
                       "the matrix, got: ")
           << sums << " of " << matrix.getType();
  bool hasBias = getBias().has_value();
  if (hasBias != getBiasMap().has_value() ||
      (hasBias && (!getBias()->getElementType().isF32() ||
                   !isInside(*getBiasMap(), columns,
                             getBias()->getShapedType().getShape()))))
    return emitOpError("(C3) a bias is of f32 and has a map from the columns "
                       "into it");
  return success();
}

} // namespace garam::analog
