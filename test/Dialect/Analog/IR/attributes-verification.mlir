// RUN: garam-opt --verify-diagnostics --split-input-file %s

// Guesses are of a function.
module {
  // expected-error @+1 {{'arith.constant' op has 'analog.guessed_ranges', which is an attribute of functions}}
  %0 = arith.constant {analog.guessed_ranges} 1 : i32
}

// -----

// There are guesses or there are none.
// expected-error @+1 {{'func.func' op has 'analog.guessed_ranges', which is a unit attribute, got: 3 : i64}}
func.func private @guesses() attributes {analog.guessed_ranges = 3}
