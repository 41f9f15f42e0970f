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

// -----

// A matrix of more rows than programs count.
// expected-error @+1 {{has 1 to 16777216 rows and columns, got: 16777217 x 4}}
func.func private @matrix() -> !analog.matrix<16777217, 4>

// -----

// expected-error @+1 {{has 1 to 16777216 rows and columns, got: -9223372036854775808 x 4}}
func.func private @negative_matrix() -> !analog.matrix<-9223372036854775808, 4>

// -----

// A tile of nothing.
// expected-error @+1 {{has 1 to 16777216 rows and columns, got: 4 x 0}}
func.func private @tile() -> !analog.tile<4, 0>
