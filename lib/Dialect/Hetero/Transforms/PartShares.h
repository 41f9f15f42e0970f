//===- PartShares.h - The time of a region by its units ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PARTSHARES_H
#define GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PARTSHARES_H

#include "PlacementGraph.h"
#include "garam/Target/DeviceTarget.h"

namespace garam::hetero {

/// Seconds of the units `inside` of a region, in that order, by what the device
/// says of the parts of its program. Units that are fused share a part as their
/// loops are long; a part of no unit, as of what is computed of constants, is
/// nobody's.
llvm::SmallVector<double> shareParts(const PlacementGraph &graph,
                                     llvm::ArrayRef<unsigned> inside,
                                     llvm::ArrayRef<EstimatedPart> parts);

} // namespace garam::hetero

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_PARTSHARES_H
