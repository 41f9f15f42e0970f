//===- ErrorsTest.cpp - Tests of user errors ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/Errors.h"
#include "gtest/gtest.h"

using namespace garam;

TEST(Errors, SuccessHasNoText) {
  ErrorReport report = consumeToReport(llvm::Error::success());
  EXPECT_EQ(report.exitCode, ExitCode::Success);
  EXPECT_EQ(report.text, "");
}

TEST(Errors, JoinedErrorsTakeTheCodeOfTheFirstUserError) {
  llvm::Error error = llvm::joinErrors(
      llvm::createStringError("disk on fire"),
      llvm::joinErrors(makeUserError(ExitCode::Model, "no such operator"),
                       makeUserError(ExitCode::Usage, "no such option")));
  ErrorReport report = consumeToReport(std::move(error));
  EXPECT_EQ(report.exitCode, ExitCode::Model);
  EXPECT_EQ(report.text, "disk on fire\nno such operator\nno such option");
}

TEST(Errors, OtherErrorsAreInternal) {
  EXPECT_EQ(consumeToReport(llvm::createStringError("oops")).exitCode,
            ExitCode::Internal);
}
