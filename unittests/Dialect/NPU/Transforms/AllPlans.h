//===- AllPlans.h - All plans of spans --------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What searches for plans are compared with: all of them, one by one.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_DIALECT_NPU_TRANSFORMS_ALLPLANS_H
#define GARAM_UNITTESTS_DIALECT_NPU_TRANSFORMS_ALLPLANS_H

#include "GroupPlans.h"

namespace garam::npu {

/// The shortest of all plans that end with `load` behind a boundary.
inline double tryAllPlans(const AllSpans &spans, unsigned boundary, bool keeps,
                          Load load) {
  if (boundary == 0)
    return keeps ? HUGE_VAL : load.getTime();
  double time = HUGE_VAL;
  for (const SpanChoices &list : spans[boundary - 1])
    for (const SpanChoice &choice : list.choices)
      if (choice.ends.keepsLast == keeps)
        time = std::min(time,
                        tryAllPlans(spans, list.first, choice.ends.keepsFirst,
                                    load + choice.load));
  return time;
}

/// The shortest of all plans.
inline double tryAllPlans(const AllSpans &spans) {
  unsigned end = spans.size();
  return std::min(tryAllPlans(spans, end, false, {}),
                  tryAllPlans(spans, end, true, {}));
}

} // namespace garam::npu

#endif // GARAM_UNITTESTS_DIALECT_NPU_TRANSFORMS_ALLPLANS_H
