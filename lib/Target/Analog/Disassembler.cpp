//===- Disassembler.cpp - Analog programs as text -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Encoding.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace garam::analog {

static void printSizes(ArrayRef<uint32_t> sizes, raw_ostream &os) {
  os << '[';
  interleave(sizes, os, "x");
  os << ']';
}

/// "input @1+0x0 [1x8x8] (0+v0, -1+v1*2+i0)".
static void printAccess(const char *name, const TensorAccess &access,
                        size_t numVectorDims, raw_ostream &os) {
  os << formatv("  {0} @{1}+{2:x} ", name, access.segment, access.offset);
  printSizes(access.shape, os);
  os << " (";
  interleave(
      zip(access.start, access.coefficients), os,
      [&](auto pair) {
        auto [start, coefficients] = pair;
        os << start;
        for (auto [i, coefficient] : enumerate(coefficients)) {
          if (coefficient == 0)
            continue;
          bool isVector = i < numVectorDims;
          os << (coefficient < 0 ? "-" : "+") << (isVector ? 'v' : 'i')
             << (isVector ? i : i - numVectorDims);
          if (std::abs(int64_t(coefficient)) != 1)
            os << '*' << std::abs(int64_t(coefficient));
        }
      },
      ", ");
  os << ")\n";
}

static void printLayer(const Layer &layer, raw_ostream &os) {
  os << "vectors ";
  printSizes(layer.vectorSizes, os);
  os << " rows ";
  printSizes(layer.rowSizes, os);
  os << " columns ";
  printSizes(layer.columnSizes, os);
  if (layer.groups != 1)
    os << " groups " << layer.groups;
  os << '\n';
  printAccess("input", layer.input, layer.vectorSizes.size(), os);
  os << "  dac scale " << format("%.9g", layer.inputScale) << " from "
     << layer.low << " to " << layer.high << '\n';
  for (const auto &[i, tile] : enumerate(layer.tiles))
    os << formatv("  tile {0}: core {1} rows {2}..{3} columns {4}..{5} levels "
                  "{6:x} steps {7:x}\n",
                  i, tile.core, tile.firstRow, tile.firstRow + tile.rows,
                  tile.firstColumn, tile.firstColumn + tile.columns,
                  tile.levels, tile.steps);
  os << formatv("  scales {0:x}", layer.scales);
  if (layer.biases)
    os << formatv(" biases {0:x}", *layer.biases);
  os << " within " << format("%.9g", layer.outputLow) << ", "
     << format("%.9g", layer.outputHigh) << '\n';
  printAccess("output", layer.output, layer.vectorSizes.size(), os);
}

static void printCommand(const Command &command, raw_ostream &os) {
  os << getName(command);
  if (const auto *quantize = std::get_if<QuantizeCommand>(&command))
    os << formatv(" layer {0} vectors {1}..{2} to {3:x}", quantize->layer,
                  quantize->first, quantize->first + quantize->count,
                  quantize->codes);
  else if (const auto *accumulate = std::get_if<AccumulateCommand>(&command))
    os << formatv(" layer {0} vectors {1}..{2} from {3:x}", accumulate->layer,
                  accumulate->first, accumulate->first + accumulate->count,
                  accumulate->codes);
  else if (const auto *read = std::get_if<ReadCommand>(&command))
    os << formatv(" layer {0} tile {1} vectors {2} phases {3} from {4:x} to "
                  "{5:x}",
                  read->layer, read->tile, read->count, read->phases,
                  read->inputs, read->outputs);
  else if (const auto *wait = std::get_if<WaitCommand>(&command))
    os << formatv(" s{0}, {1}", wait->semaphore, wait->count);
  else if (const auto *signal = std::get_if<SignalCommand>(&command))
    os << formatv(" queue {0} s{1}, {2}", signal->queue, signal->semaphore,
                  signal->count);
  os << '\n';
}

void disassemble(const Program &program, raw_ostream &os) {
  for (const auto &[i, segment] : enumerate(program.segments)) {
    os << formatv("segment {0}: {1} {2} bytes '", i,
                  garam::getName(segment.role), segment.size);
    os.write_escaped(segment.name) << "'\n";
  }
  os << "programming\n";
  for (const auto &[i, layer] : enumerate(program.layers)) {
    os << "layer " << i << ": ";
    printLayer(layer, os);
  }
  os << "inference\n";
  for (const auto &[i, queue] : enumerate(program.queues)) {
    if (i == 0)
      os << "queue 0: digital unit\n";
    else
      os << "queue " << i << ": core " << queue.core << '\n';
    for (const auto &[number, command] : enumerate(queue.commands)) {
      os << "  " << number << ": ";
      printCommand(command, os);
    }
  }
}

} // namespace garam::analog
