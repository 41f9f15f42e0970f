//===- ElementKindsTest.cpp - Tests of what element types are -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/ElementKinds.h"

#include "garam/Dialect/ONNX/IR/ElementTypes.h"
#include "garam/Support/DataTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

using namespace garam;

namespace {

/// The numbers of onnx-ml.proto that no DataType has: none, strings, and the
/// two types of complex numbers.
constexpr int numbersWithoutType[] = {0, 8, 14, 15};
constexpr int newestNumber = 26;

TEST(ElementKindsTest, EveryNumberOfONNXIsOneType) {
  unsigned count = 0;
  for (int number = -1; number <= newestNumber + 1; ++number) {
    std::optional<DataType> type = fromONNXNumber(number);
    bool isExpected = number >= 0 && number <= newestNumber &&
                      !llvm::is_contained(numbersWithoutType, number);
    EXPECT_EQ(type.has_value(), isExpected) << number;
    if (!type)
      continue;
    EXPECT_EQ(getONNXNumber(*type), number);
    ++count;
  }
  EXPECT_EQ(count, numDataTypes);
}

TEST(ElementKindsTest, TypesOfTheDialectGoThereAndBack) {
  mlir::MLIRContext context;
  for (unsigned i = 0; i < numDataTypes; ++i) {
    auto type = static_cast<DataType>(i);
    SCOPED_TRACE(getName(type).str());
    mlir::Type modelType = getModelType(&context, type);
    ASSERT_TRUE(modelType);
    EXPECT_EQ(fromModelType(modelType), type);
    EXPECT_EQ(modelType.getIntOrFloatBitWidth(), getBitWidth(type));
    EXPECT_EQ(modelType.isUnsignedInteger(),
              getKind(type) == ElementKind::Unsigned);
    EXPECT_EQ(onnx::getElementType(&context, getONNXNumber(type)), modelType);
    EXPECT_EQ(onnx::getDataType(modelType), getONNXNumber(type));
  }
}

TEST(ElementKindsTest, ComplexNumbersAreTypesOfTheDialectOnly) {
  mlir::MLIRContext context;
  for (int number : {14, 15}) {
    mlir::Type type = onnx::getElementType(&context, number);
    ASSERT_TRUE(llvm::isa<mlir::ComplexType>(type));
    EXPECT_EQ(onnx::getDataType(type), number);
    EXPECT_EQ(fromModelType(type), std::nullopt);
  }
  EXPECT_FALSE(onnx::getElementType(&context, 8));
  EXPECT_EQ(onnx::getDataType(mlir::IndexType::get(&context)), 0);
  EXPECT_EQ(onnx::getDataType({}), 0);
}

TEST(ElementKindsTest, IntegersAreFoundByTheirBits) {
  EXPECT_EQ(findInteger(ElementKind::Unsigned, 2), DataType::UInt2);
  EXPECT_EQ(findInteger(ElementKind::Unsigned, 8), DataType::UInt8);
  EXPECT_EQ(findInteger(ElementKind::Signed, 64), DataType::Int64);
  EXPECT_EQ(findInteger(ElementKind::Signed, 3), std::nullopt);
  EXPECT_EQ(findInteger(ElementKind::Boolean, 1), std::nullopt);
  // Two floats have 16 bits.
  EXPECT_EQ(findInteger(ElementKind::Float, 16), std::nullopt);
}

TEST(ElementKindsTest, IntegersOfLinalgHaveNoSign) {
  mlir::MLIRContext context;
  auto i8 = mlir::IntegerType::get(&context, 8);
  EXPECT_EQ(getDataType(i8, /*isUnsigned=*/false), DataType::Int8);
  EXPECT_EQ(getDataType(i8, /*isUnsigned=*/true), DataType::UInt8);
  auto i1 = mlir::IntegerType::get(&context, 1);
  EXPECT_EQ(getDataType(i1, /*isUnsigned=*/true), DataType::Bool);
  // Less than a byte is stored as a byte.
  auto i4 = mlir::IntegerType::get(&context, 4);
  EXPECT_EQ(getDataType(i4, /*isUnsigned=*/false), std::nullopt);
  auto f4 = mlir::Float4E2M1FNType::get(&context);
  EXPECT_EQ(getDataType(f4, /*isUnsigned=*/false), std::nullopt);
}

} // namespace
