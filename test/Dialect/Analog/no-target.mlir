// RUN: garam-opt --analog-split-tiles=target=none --verify-diagnostics %s

// A name that no target has is told where the pass runs.
// expected-error @below {{cannot load the target: no target is called 'none'}}
func.func @f() {
  return
}
