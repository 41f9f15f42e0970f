// RUN: not garam-opt --npu-search-schedules="target=atom level=77" %s 2>&1 | FileCheck %s --check-prefix=LEVEL
// RUN: not garam-opt --npu-lower-to-planned-commands="target=atom level=4" %s 2>&1 | FileCheck %s --check-prefix=PLANNED
// RUN: not garam-opt --npu-schedule-stages="target=atom paths=0" %s 2>&1 | FileCheck %s --check-prefix=PATHS
// RUN: not garam-opt --npu-schedule-stages="target=atom choices=0" %s 2>&1 | FileCheck %s --check-prefix=CHOICES
// RUN: not garam-opt --npu-place-tensors="target=atom fill=1.5" %s 2>&1 | FileCheck %s --check-prefix=PLACE
// RUN: not garam-opt --npu-prefetch-weights="target=atom fill=nan" %s 2>&1 | FileCheck %s --check-prefix=PREFETCH
// RUN: not garam-opt --npu-pin-weights="target=atom fill=-3" %s 2>&1 | FileCheck %s --check-prefix=PIN
// RUN: not garam-opt --npu-pin-weights="target=atom fill=inf" %s 2>&1 | FileCheck %s --check-prefix=PIN
// RUN: not garam-opt --npu-plan-memory="target=atom resting=-1" %s 2>&1 | FileCheck %s --check-prefix=RESTING
// RUN: not garam-opt --npu-plan-memory="target=atom resting=9223372036854775807" %s 2>&1 | FileCheck %s --check-prefix=RESTING
// RUN: garam-opt --npu-search-schedules="target=atom level=3" --npu-lower-to-planned-commands="target=atom level=0" --npu-plan-memory="target=atom resting=16777216" %s

// Options of passes are numbers of a range.
// LEVEL: error: the option 'level' is 77, needed a number from 0 to 3
// PLANNED: error: the option 'level' is 4, needed a number from 0 to 3
// PATHS: error: the option 'paths' is 0, needed a number from 1 to 18446744073709551615
// CHOICES: error: the option 'choices' is 0, needed a number from 1 to
// PLACE: error: the option 'fill' is 1.500000e+00, needed a number from 0.000000e+00 to 1.000000e+00
// PREFETCH: error: the option 'fill' is {{nan|NAN}}, needed a number from
// PIN: error: the option 'fill' is {{-3.000000e\+00|INF|inf}}, needed a number from
// RESTING: error: the option 'resting' is {{-1|9223372036854775807}}, needed a number from 0 to 16777216
func.func @function() {
  return
}
