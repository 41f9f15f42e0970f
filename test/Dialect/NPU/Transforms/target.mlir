// RUN: not garam-opt --npu-plan-memory=target=nonsense %s 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: sed 's/^cores: .*/cores: none/' %source_dir/targets/atom.yaml > %t.yaml
// RUN: not garam-opt --npu-plan-memory=target=%t.yaml %s 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: not garam-opt --npu-plan-memory %s 2>&1 | FileCheck %s --check-prefix=NONE

// A machine that is not there or whose file is wrong is reported at the
// operation that the pass runs on.
// NAME: error: cannot load the target: {{.*}}nonsense
// FILE: error: cannot load the target: {{.*}}yaml:{{[0-9]+}}:{{[0-9]+}}:
// NONE: error: has no target: it needs a hetero.executable around it, or the pass's option target=NAME
func.func @function() {
  return
}
