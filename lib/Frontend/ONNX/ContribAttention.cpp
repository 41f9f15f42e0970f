//===- ContribAttention.cpp - Attention of onnxruntime's tools ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The attention operators of domain com.microsoft, written as ONNX's Attention
// on [batch, heads, positions, head size] with the mask spelled out. What
// depends on shapes only (positions, sizes) folds to constants.
// Source: onnxruntime, docs/ContribOperators.md.
//
//===----------------------------------------------------------------------===//

#include "ContribAttention.h"

#include "FunctionWriter.h"

#include "llvm/ADT/STLExtras.h"

#include <array>
#include <limits>

using namespace llvm;

namespace garam::onnx {
namespace {

using Name = std::string;

/// What no probability is left of, in any float type.
constexpr float kNever = std::numeric_limits<float>::lowest();
/// What onnxruntime adds where a mask says 0, unless an attribute does.
constexpr float kMasked = -10000;

/// Appends `result` = a float constant of the type of x0.
void addFloat(FunctionWriter &writer, const Name &result, float value) {
  writer.addOnnx(result + "_float = Constant <value_float: float = " +
                 FunctionWriter::formatFloat(value) + "> ()");
  writer.addOnnx(result + " = CastLike (" + result + "_float, x0)");
}

/// Appends `result` [B, heads, S, D] from `value` [B, S, heads * D].
void addHeads(FunctionWriter &writer, const Name &result, const Name &value,
              int64_t heads) {
  writer.addInts(result + "_shape", "0, 0, " + Twine(heads) + ", -1");
  writer.addOnnx(result + "_parts = Reshape (" + value + ", " + result +
                 "_shape)");
  writer.addOnnx(result + " = Transpose <perm = [0, 2, 1, 3]> (" + result +
                 "_parts)");
}

/// Appends `y0` [B, S, heads * D], the attention of `query`, `keys` and
/// `values` with `mask`, which may be empty.
void addAttention(FunctionWriter &writer, const Name &mask) {
  float scale = writer.getFloat("scale", 0);
  Name onnxText =
      scale == 0
          ? ""
          : "<scale: float = " + FunctionWriter::formatFloat(scale) + "> ";
  writer.addOnnx("attended = Attention " + onnxText + "(query, keys, values" +
                 (mask.empty() ? "" : ", " + mask) + ")");
  writer.addOnnx("joined = Transpose <perm = [0, 2, 1, 3]> (attended)");
  writer.addInts("y0_shape", "0, 0, -1");
  writer.addOnnx("y0 = Reshape (joined, y0_shape)");
}

/// Appends `result`, the numbers from 0 to before `count`, an i64 vector of one
/// element.
void addRange(FunctionWriter &writer, const Name &result, const Name &count) {
  writer.addOnnx(result + "_first = Constant <value_int: int = 0> ()");
  writer.addOnnx(result + "_step = Constant <value_int: int = 1> ()");
  writer.addOnnx(result + "_end = Squeeze (" + count + ")");
  writer.addOnnx(result + " = Range (" + result + "_first, " + result +
                 "_end, " + result + "_step)");
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

/// A mask that grows term by term: booleans that say what is seen, and floats
/// that are added.
class MaskWriter {
public:
  explicit MaskWriter(FunctionWriter &writer) : writer(writer) {}

  void addSeen(const Name &term) { join(seen, term, "And"); }
  void addBias(const Name &term) { join(bias, term, "Add"); }

  /// Adds what a query sees that is followed by no others of its sequence and
  /// of `keys`.
  void addCausal() {
    writer.addOnnx("causal_queries = Shape <start = 2, end = 3> (query)");
    writer.addOnnx("causal_keys = Shape <start = 2, end = 3> (keys)");
    writer.addOnnx("causal_start = Sub (causal_keys, causal_queries)");
    addRange(writer, "causal_steps", "causal_queries");
    writer.addOnnx("causal_row = Add (causal_steps, causal_start)");
    writer.addInts("causal_axis", "1");
    writer.addOnnx("causal_rows = Unsqueeze (causal_row, causal_axis)");
    addRange(writer, "causal_columns", "causal_keys");
    writer.addOnnx("causal = LessOrEqual (causal_columns, causal_rows)");
    addSeen("causal");
  }

  /// Adds a mask of integers, 0 where nothing is seen: the length of each
  /// sequence [B] or [B, 1], a row [B, T] or a matrix [B, S, T] a sequence.
  /// False for another one, or when its rank is not known.
  bool addIntegers(int input) {
    std::optional<int> rank = writer.getRank(input);
    if (!rank || *rank < 1 || *rank > 3)
      return false;
    Name seenText = "integers_seen";
    if (*rank == 1) {
      // Other lengths than one a sequence are ends and starts.
      std::optional<int64_t> batch = writer.getDim(0, 0);
      if (!batch || writer.getDim(input, 0) != batch)
        return false;
      writer.addOnnx("integers_keys = Shape <start = 2, end = 3> (keys)");
      addRange(writer, "integers_columns", "integers_keys");
      writer.addOnnx("integers_length = Cast <to = 7> (" +
                     FunctionWriter::getName(input) + ")");
      writer.addInts("integers_lengths_shape", "-1, 1, 1, 1");
      writer.addOnnx("integers_lengths = Reshape (integers_length, "
                     "integers_lengths_shape)");
      writer.addOnnx(seenText + " = Less (integers_columns, integers_lengths)");
    } else {
      writer.addInts("integers_axes", *rank == 2 ? "1, 2" : "1");
      writer.addOnnx("integers_flags = Cast <to = 9> (" +
                     FunctionWriter::getName(input) + ")");
      writer.addOnnx(seenText + " = Unsqueeze (integers_flags, integers_axes)");
    }
    addFloat(writer, "integers_none", 0);
    addFloat(writer, "integers_filter",
             writer.getFloat("mask_filter_value", kMasked));
    writer.addOnnx("integers = Where (integers_seen, integers_none, "
                   "integers_filter)");
    addBias("integers");
    return true;
  }

  /// The name of the whole mask, empty when there is none.
  Name finish() {
    if (bias.empty() || seen.empty())
      return bias.empty() ? seen : bias;
    addFloat(writer, "mask_never", kNever);
    writer.addOnnx("mask = Where (" + seen + ", " + bias + ", mask_never)");
    return "mask";
  }

private:
  void join(Name &all, const Name &term, StringRef opType) {
    if (all.empty()) {
      all = term;
      return;
    }
    Name joined = all + "_" + term;
    writer.addOnnx(joined + " = " + opType + " (" + all + ", " + term + ")");
    all = joined;
  }

  FunctionWriter &writer;
  Name seen, bias;
};

//===----------------------------------------------------------------------===//
// GroupQueryAttention
//===----------------------------------------------------------------------===//

enum GroupQueryInput {
  kQuery,
  kKey,
  kValue,
  kPastKey,
  kPastValue,
  kLastPositions,
  kTotalLength,
  kCosines,
  kSines,
  kPositions,
  kBias,
  kFirstRareInput // a sink, scales of quantised caches
};

std::optional<int64_t> getHeadSize(const FunctionWriter &writer) {
  if (writer.has(kPastKey))
    return writer.getDim(kPastKey, 3);
  int64_t heads = writer.getInt("num_heads", 1);
  if (!writer.has(kKey))
    heads += 2 * writer.getInt("kv_num_heads", 1);
  std::optional<int64_t> width = writer.getDim(kQuery, 2);
  return width ? std::optional(*width / heads) : std::nullopt;
}

/// Appends `new_query`, `new_key` and `new_value` [B, heads, S, D], of three
/// tensors or of one.
void addGroupedHeads(FunctionWriter &writer, int64_t heads, int64_t kvHeads) {
  if (writer.has(kKey)) {
    addHeads(writer, "new_query", "x0", heads);
    addHeads(writer, "new_key", "x1", kvHeads);
    addHeads(writer, "new_value", "x2", kvHeads);
    return;
  }
  addHeads(writer, "packed", "x0", heads + 2 * kvHeads);
  writer.addInts("packed_sizes",
                 Twine(heads) + ", " + Twine(kvHeads) + ", " + Twine(kvHeads));
  writer.addOnnx("new_query, new_key, new_value = Split <axis = 1> (packed, "
                 "packed_sizes)");
}

/// Appends `start`, the position of each sequence's first query, [B, 1] or
/// [1, 1], and `size`, how many positions the keys have room for.
void addGroupedPositions(FunctionWriter &writer) {
  writer.addOnnx("count = Shape <start = 1, end = 2> (x0)");
  writer.addInts("zero", "0");
  if (!writer.has(kPastKey)) {
    writer.addInts("start_axis", "0");
    writer.addOnnx("start = Unsqueeze (zero, start_axis)");
    writer.addOnnx("size = Identity (count)");
    return;
  }
  writer.addInts("vector", "-1");
  writer.addInts("column", "-1, 1");
  writer.addInts("one", "1");
  writer.addOnnx("total_wide = Cast <to = 7> (x6)");
  writer.addOnnx("total = Reshape (total_wide, vector)");
  writer.addOnnx("last_wide = Cast <to = 7> (x5)");
  writer.addOnnx("last = Reshape (last_wide, column)");
  writer.addOnnx("end = Add (last, one)");
  writer.addOnnx("behind = Sub (end, count)");
  writer.addOnnx("known = Max (behind, zero)");
  // A first call may be given memory for what comes later.
  writer.addOnnx("is_first = Equal (count, total)");
  writer.addOnnx("start = Where (is_first, zero, known)");
  writer.addOnnx("room = Shape <start = 2, end = 3> (x3)");
  // Where the model declares how many there are, its total may be computed.
  std::optional<int64_t> known = writer.getDim(kPastKey, 2);
  std::optional<int64_t> declared = writer.getOutputDim(1, 2);
  if (known && declared && *declared >= *known)
    writer.addInts("size", Twine(*declared));
  else
    writer.addOnnx("size = Max (total, room)");
}

/// Appends `row` [B or 1, S], the positions of the queries.
void addQueryPositions(FunctionWriter &writer) {
  addRange(writer, "steps", "count");
  writer.addOnnx("row = Add (start, steps)");
}

void addRotated(FunctionWriter &writer, const Name &result, const Name &value) {
  Name onnxText = "<interleaved: int = " +
                  std::to_string(writer.getInt("rotary_interleaved", 0));
  if (std::optional<int64_t> half = writer.getDim(kCosines, 1);
      half && getHeadSize(writer) != 2 * *half)
    onnxText += ", rotary_embedding_dim: int = " + std::to_string(2 * *half);
  writer.addOnnx(result + " = RotaryEmbedding " + onnxText + "> (" + value +
                 ", x7, x8, positions)");
}

/// Appends `positions` [B, S] and `query` and `key`, rotated there.
void addRotation(FunctionWriter &writer) {
  if (writer.has(kPositions)) {
    writer.addOnnx("positions = Identity (x9)");
  } else {
    writer.addOnnx("rows_shape = Shape <start = 0, end = 2> (x0)");
    writer.addOnnx("positions = Expand (row, rows_shape)");
  }
  addRotated(writer, "query", "new_query");
  addRotated(writer, "key", "new_key");
}

/// Appends `result` [B, heads, T, D]: what is known of each sequence, then what
/// is new.
void addAppended(FunctionWriter &writer, const Name &result, const Name &past,
                 const Name &fresh) {
  writer.addOnnx(result + "_both = Concat <axis = 2> (" + past + ", " + fresh +
                 ")");
  writer.addOnnx(result + "_rows = Transpose <perm = [0, 2, 1, 3]> (" + result +
                 "_both)");
  writer.addOnnx(result + "_kept = GatherND <batch_dims = 1> (" + result +
                 "_rows, sources)");
  writer.addOnnx(result + " = Transpose <perm = [0, 2, 1, 3]> (" + result +
                 "_kept)");
}

/// Appends `keys` and `values` from `key` and `new_value`. Each sequence's new
/// ones follow its own known ones, wherever the room for those ends.
void addGroupedKeys(FunctionWriter &writer) {
  addRange(writer, "columns", "size");
  if (!writer.has(kPastKey)) {
    writer.addOnnx("keys = Identity (key)");
    writer.addOnnx("values = Identity (new_value)");
    return;
  }
  writer.addOnnx("is_known = Less (columns, start)");
  writer.addOnnx("shift = Sub (room, start)");
  writer.addOnnx("moved = Add (columns, shift)");
  writer.addOnnx("chosen = Where (is_known, columns, moved)");
  writer.addOnnx("both = Add (room, count)");
  writer.addOnnx("both_last = Sub (both, one)");
  writer.addOnnx("bounded = Min (chosen, both_last)");
  writer.addInts("source_axis", "2");
  writer.addOnnx("sources = Unsqueeze (bounded, source_axis)");
  addAppended(writer, "keys", "x3", "key");
  addAppended(writer, "values", "x4", "new_value");
}

/// A query sees itself and what is before it, at most a window's length.
Name addGroupedMask(FunctionWriter &writer) {
  MaskWriter mask(writer);
  writer.addInts("rows_axes", "1, 3");
  writer.addOnnx("rows = Unsqueeze (row, rows_axes)");
  writer.addOnnx("causal = LessOrEqual (columns, rows)");
  mask.addSeen("causal");
  if (int64_t window = writer.getInt("local_window_size", -1); window >= 0) {
    writer.addInts("window", Twine(window));
    writer.addOnnx("window_start = Sub (rows, window)");
    writer.addOnnx("window_seen = Greater (columns, window_start)");
    mask.addSeen("window_seen");
  }
  if (writer.has(kBias))
    mask.addBias("x10");
  return mask.finish();
}

} // namespace

bool writeGroupQueryAttention(FunctionWriter &writer) {
  int64_t heads = writer.getInt("num_heads", 0);
  int64_t kvHeads = writer.getInt("kv_num_heads", 0);
  if (writer.getFloat("softcap", 0) != 0)
    return writer.refuse("attribute 'softcap' is not 0, which is not "
                         "supported");
  bool isPlain = writer.getInt("smooth_softmax", 0) <= 0 &&
                 writer.getString("k_quant_type", "NONE") == "NONE" &&
                 writer.getString("v_quant_type", "NONE") == "NONE" &&
                 writer.getInt("qk_output", 0) == 0 &&
                 writer.getNumOutputs() <= 3;
  for (int i = kFirstRareInput; i < writer.getNumInputs(); ++i)
    isPlain &= !writer.has(i);
  if (!isPlain)
    return writer.refuse("quantised keys and values, a smooth softmax, sinks "
                         "and outputs from 3 on are not supported");
  bool rotates = writer.getInt("do_rotary", 0) != 0;
  if (heads < 1 || kvHeads < 1 || writer.has(kKey) != writer.has(kValue) ||
      writer.has(kPastKey) != writer.has(kPastValue) ||
      (writer.has(kPastKey) &&
       !(writer.has(kLastPositions) && writer.has(kTotalLength))) ||
      (rotates && !(writer.has(kCosines) && writer.has(kSines))))
    return writer.refuse("numbers of heads are needed, key and value both or "
                         "none, past ones with inputs 5 and 6, and cosines and "
                         "sines where it rotates");
  addGroupedHeads(writer, heads, kvHeads);
  addGroupedPositions(writer);
  addQueryPositions(writer);
  if (rotates) {
    addRotation(writer);
  } else {
    writer.addOnnx("query = Identity (new_query)");
    writer.addOnnx("key = Identity (new_key)");
  }
  addGroupedKeys(writer);
  addAttention(writer, addGroupedMask(writer));
  writer.addOnnx("y1 = Identity (keys)");
  writer.addOnnx("y2 = Identity (values)");
  return true;
}

//===----------------------------------------------------------------------===//
// Attention and MultiHeadAttention
//===----------------------------------------------------------------------===//

/// Adds what is seen by input `integers`, by attribute `unidirectional` and by
/// input `bias`, those that are there, and attention with it. False when there
/// is none for such integers.
bool addMaskedAttention(FunctionWriter &writer, int integers, int bias) {
  MaskWriter mask(writer);
  if (writer.has(integers) && !mask.addIntegers(integers))
    return false;
  if (writer.getInt("unidirectional", 0) != 0)
    mask.addCausal();
  if (writer.has(bias))
    mask.addBias(FunctionWriter::getName(bias));
  addAttention(writer, mask.finish());
  return true;
}

/// Inputs: the rows [B, S, C], weights and bias of query, key and value side by
/// side, a mask of integers, known keys and values [2, B, heads, P, D], a bias
/// of the products.
bool writeContribAttention(FunctionWriter &writer) {
  int64_t heads = writer.getInt("num_heads", 0);
  if (heads < 1 || writer.getInt("do_rotary", 0) != 0 ||
      writer.getInt("past_present_share_buffer", 0) != 0)
    return writer.refuse("'num_heads' is needed, and attributes 'do_rotary' "
                         "and 'past_present_share_buffer' other than 0 are not "
                         "supported");
  writer.addOnnx("product = MatMul (x0, x1)");
  writer.addOnnx(writer.has(2) ? "rows = Add (product, x2)"
                               : "rows = Identity (product)");
  std::vector<int64_t> sizes = writer.getInts("qkv_hidden_sizes");
  Name onnxText = "row_query, row_key, row_value = Split <axis = -1";
  if (sizes.size() == 3) {
    writer.addInts("row_sizes", Twine(sizes[0]) + ", " + Twine(sizes[1]) +
                                    ", " + Twine(sizes[2]));
    writer.addOnnx(onnxText + "> (rows, row_sizes)");
  } else {
    writer.addOnnx(onnxText + ", num_outputs = 3> (rows)");
  }
  addHeads(writer, "query", "row_query", heads);
  bool hasPast = writer.has(4);
  addHeads(writer, hasPast ? "new_keys" : "keys", "row_key", heads);
  addHeads(writer, hasPast ? "new_values" : "values", "row_value", heads);
  if (hasPast) {
    writer.addOnnx("past_keys, past_values = Split <axis = 0, num_outputs = 2> "
                   "(x4)");
    writer.addInts("past_axis", "0");
    for (StringRef name : {"keys", "values"}) {
      writer.addOnnx("old_" + name + " = Squeeze (past_" + name +
                     ", past_axis)");
      writer.addOnnx(name + " = Concat <axis = 2> (old_" + name + ", new_" +
                     name + ")");
    }
  }
  if (!addMaskedAttention(writer, /*integers=*/3, /*bias=*/5))
    return false;
  if (writer.getNumOutputs() > 1) {
    writer.addInts("present_axis", "0");
    writer.addOnnx("present_keys = Unsqueeze (keys, present_axis)");
    writer.addOnnx("present_values = Unsqueeze (values, present_axis)");
    writer.addOnnx("y1 = Concat <axis = 0> (present_keys, present_values)");
  }
  return true;
}

/// Inputs: query, key and value [B, S, heads * D], of which key and value may
/// have their heads apart already, their biases side by side, a mask of
/// integers, a bias of the products, known keys and values.
bool writeMultiHeadAttention(FunctionWriter &writer) {
  int64_t heads = writer.getInt("num_heads", 0);
  std::optional<int> ranks[] = {writer.getRank(0), writer.getRank(1),
                                writer.getRank(2)};
  bool isApart = ranks[1] == 4 && ranks[2] == 4;
  bool hasPast = writer.has(6) && writer.has(7);
  if (heads < 1 || ranks[0] != 3 ||
      !(isApart || (ranks[1] == 3 && ranks[2] == 3)) ||
      (isApart && writer.has(3)) || writer.has(6) != writer.has(7) ||
      writer.has(8) || writer.has(9) || writer.getNumOutputs() > 3)
    return false;
  Name rows[] = {"x0", "x1", "x2"};
  if (writer.has(3)) {
    std::optional<int64_t> query = writer.getDim(0, 2);
    std::optional<int64_t> value = writer.getDim(2, 2);
    if (!query || !value)
      return false;
    writer.addInts("bias_sizes",
                   Twine(*query) + ", " + Twine(*query) + ", " + Twine(*value));
    writer.addOnnx("bias_query, bias_key, bias_value = Split <axis = 0> (x3, "
                   "bias_sizes)");
    for (auto [i, name] : enumerate(std::array{"query", "key", "value"})) {
      writer.addOnnx(Twine("row_") + name + " = Add (x" + Twine(i) + ", bias_" +
                     name + ")");
      rows[i] = (Twine("row_") + name).str();
    }
  }
  addHeads(writer, "query", rows[0], heads);
  Name fresh[] = {hasPast ? "new_keys" : "keys",
                  hasPast ? "new_values" : "values"};
  for (int i : {0, 1})
    if (isApart)
      writer.addOnnx(fresh[i] + " = Identity (" + rows[i + 1] + ")");
    else
      addHeads(writer, fresh[i], rows[i + 1], heads);
  if (hasPast) {
    writer.addOnnx("keys = Concat <axis = 2> (x6, new_keys)");
    writer.addOnnx("values = Concat <axis = 2> (x7, new_values)");
  }
  if (!addMaskedAttention(writer, /*integers=*/4, /*bias=*/5))
    return false;
  writer.addOnnx("y1 = Identity (keys)");
  writer.addOnnx("y2 = Identity (values)");
  return true;
}

//===----------------------------------------------------------------------===//
// RotaryEmbedding
//===----------------------------------------------------------------------===//

/// Inputs: the rows, the position of the first or those of all, cosines, sines.
bool writeContribRotaryEmbedding(FunctionWriter &writer) {
  std::optional<int> rank = writer.getRank(0), positionRank = writer.getRank(1);
  if (!rank || !positionRank || writer.getFloat("scale", 1) != 1)
    return false;
  int64_t heads = writer.getInt("num_heads", 0);
  if (*rank == 3 && heads == 0) {
    std::optional<int64_t> width = writer.getDim(0, 2);
    std::optional<int64_t> half = writer.getDim(2, 1);
    if (!width || !half || *half < 1)
      return false;
    heads = *width / (2 * *half);
  }
  if (*positionRank == 2) {
    writer.addOnnx("positions = Identity (x1)");
  } else {
    int axis = *rank == 4 ? 2 : 1;
    writer.addOnnx("count = Shape <start = " + Twine(axis) +
                   ", end = " + Twine(axis + 1) + "> (x0)");
    writer.addOnnx("batch = Shape <start = 0, end = 1> (x0)");
    addRange(writer, "steps", "count");
    writer.addOnnx("row = Add (x1, steps)");
    writer.addOnnx("rows_shape = Concat <axis = 0> (batch, count)");
    writer.addOnnx("positions = Expand (row, rows_shape)");
  }
  writer.addOnnx("y0 = RotaryEmbedding <interleaved: int = " +
                 Twine(writer.getInt("interleaved", 0)) +
                 ", num_heads: int = " + Twine(heads) +
                 ", rotary_embedding_dim: int = " +
                 Twine(writer.getInt("rotary_embedding_dim", 0)) +
                 "> (x0, x2, x3, positions)");
  return true;
}

} // namespace garam::onnx
