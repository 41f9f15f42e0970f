// RUN: garam-opt --pim-place-kernels --split-input-file --verify-diagnostics %s

// A pass needs the target of an executable or of its option.
// expected-error @+1 {{has no target: it needs a hetero.executable around it, or the pass's option target=NAME}}
func.func @main() {
  return
}

