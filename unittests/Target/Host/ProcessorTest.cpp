//===- ProcessorTest.cpp - What native code needs of a processor ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Target/Host/Processor.h"

#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

using namespace garam::host;

namespace {

TEST(Processor, LevelsHaveWhatLowerOnesHave) {
  size_t last = 0;
  for (llvm::StringRef level : getProcessorLevels()) {
    llvm::Expected<Processor> processor = findProcessor(level);
    ASSERT_TRUE(static_cast<bool>(processor));
    EXPECT_EQ(processor->name, level);
    EXPECT_GT(processor->features.size(), last);
    EXPECT_TRUE(llvm::is_contained(processor->features, "sse2"));
    last = processor->features.size();
  }
}

TEST(Processor, RegistersAreThoseOfTheVectorsOfALevel) {
  auto getRegisters = [](llvm::StringRef level) {
    return llvm::cantFail(findProcessor(level)).getVectorRegisters();
  };
  EXPECT_EQ(getRegisters("x86-64").bits, 128u);
  EXPECT_EQ(getRegisters("x86-64-v2").number, 16u);
  EXPECT_EQ(getRegisters("x86-64-v3").bits, 256u);
  EXPECT_EQ(getRegisters("x86-64-v3").number, 16u);
  EXPECT_EQ(getRegisters("x86-64-v4").bits, 512u);
  EXPECT_EQ(getRegisters("x86-64-v4").number, 32u);
}

TEST(Processor, UnknownNamesAreErrors) {
  llvm::Expected<Processor> processor = findProcessor("x86-64-v9");
  ASSERT_FALSE(static_cast<bool>(processor));
  EXPECT_EQ(llvm::toString(processor.takeError()),
            "found 'x86-64-v9', needed one of x86-64, x86-64-v2, x86-64-v3, "
            "x86-64-v4, native");
}

TEST(Processor, ThisMachineRunsWhatIsForIt) {
  llvm::Expected<Processor> processor = findProcessor("native");
  ASSERT_TRUE(static_cast<bool>(processor));
  EXPECT_FALSE(
      static_cast<bool>(checkProcessor(processor->name, processor->features)));
}

TEST(Processor, MissingFeaturesAreNamed) {
  llvm::Error error = checkProcessor("x86-64-v9", {"sse2", "no-such-feature"});
  std::string text = llvm::toString(std::move(error));
  EXPECT_NE(text.find("its native code needs x86-64-v9, this processor has "
                      "x86-64"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("without no-such-feature"), std::string::npos) << text;
}

} // namespace
