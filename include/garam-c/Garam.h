/*===- garam-c/Garam.h - Garam for programs in C ------------------*- C -*-===*\
|*                                                                            *|
|* Part of Garam. Licensed under the Apache License, Version 2.0.             *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* What plugins of frameworks need: compile or load a model, run it, say what *|
|* it costs. Functions of libGaram.so; their layout stays while the version   *|
|* stays. Texts are UTF-8 and end with a null character.                      *|
|*                                                                            *|
|* A function with a parameter `error` fails by a null pointer, or false, and *|
|* puts an error there, which the caller destroys; `error` itself may be null.*|
|* No other pointer may be null unless its function says so, but that to what *|
|* is destroyed, and that to a list of no elements. An index is below the     *|
|* number that the function of the same name with GetNum gives.               *|
|* What is called Create, Compile, Load or Copy gives an object that the      *|
|* caller destroys. A context and an executable may be used by several        *|
|* threads, a session by one at a time.                                       *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef GARAM_C_GARAM_H
#define GARAM_C_GARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Of what is declared here. */
#define GARAM_C_API_VERSION 1

/** The classes of devices; executables may outlive their context. */
typedef struct GaramContext GaramContext;
/** A device binary; immutable. Sessions may outlive their executable. */
typedef struct GaramExecutable GaramExecutable;
/** A binary on its devices, with the state that it keeps from run to run. */
typedef struct GaramSession GaramSession;
typedef struct GaramError GaramError;

/** Element types, numbered as in a device binary. */
typedef enum GaramDataType {
  GARAM_BOOL = 0, /* one byte, 0 or 1 */
  GARAM_INT8 = 1,
  GARAM_UINT8 = 2,
  GARAM_INT16 = 3,
  GARAM_UINT16 = 4,
  GARAM_INT32 = 5,
  GARAM_UINT32 = 6,
  GARAM_INT64 = 7,
  GARAM_UINT64 = 8,
  GARAM_FLOAT16 = 9,
  GARAM_BFLOAT16 = 10,
  GARAM_FLOAT32 = 11,
  GARAM_FLOAT64 = 12,
  GARAM_FLOAT8_E4M3FN = 13,
  GARAM_FLOAT8_E4M3FNUZ = 14,
  GARAM_FLOAT8_E5M2 = 15,
  GARAM_FLOAT8_E5M2FNUZ = 16,
  GARAM_FLOAT8_E8M0FNU = 17,
  /* One byte each; the element is in the low bits, the others are 0. */
  GARAM_FLOAT4_E2M1FN = 18,
  GARAM_INT4 = 19,
  GARAM_UINT4 = 20,
  GARAM_INT2 = 21,
  GARAM_UINT2 = 22
} GaramDataType;

/** An input or output of a model. It belongs to the executable. */
typedef struct GaramValue {
  const char *name;
  GaramDataType type;
  size_t rank;
  const int64_t *shape; /* `rank` of them */
  size_t byteSize;
} GaramValue;

/** The output of a run that is the input of the next one. */
typedef struct GaramState {
  GaramValue input, output;
} GaramState;

/** A dimension whose size each run gives, from `least` to `most`, as the option
 *  "dim" has bound it. It belongs to the executable. */
typedef struct GaramSymbol {
  const char *name;
  int64_t least, most;
} GaramSymbol;

/** An option of `garam compile` by its name without dashes: "dim", "shape",
 *  "state", "precision", "O", "calibrate", "placement", "no-fallback" ("on" or
 *  "", and "off"), or one of a device. "dim", "shape" and "state" may be there
 *  several times. A null pointer is the value "". */
typedef struct GaramOption {
  const char *name;
  const char *value;
} GaramOption;

/** The bytes of a tensor, row-major and little-endian, of the caller; `data`
 * and `shape` may be null where there are none. */
typedef struct GaramInput {
  const char *name;
  GaramDataType type;
  size_t rank;
  const int64_t *shape;
  const void *data;
  size_t byteSize;
} GaramInput;

/** GARAM_C_API_VERSION of the library. */
uint32_t garamGetAPIVersion(void);
/** The version of Garam. */
const char *garamGetVersion(void);

/** A node of the model. */
typedef struct GaramNode {
  const char *name;
  const char *op; /* "" where it is not known */
  int64_t opset;  /* 0 where it is not known */
} GaramNode;

/** One thing that is wrong. Texts are "" where there is nothing to say. It
 *  belongs to the error. */
typedef struct GaramDiagnostic {
  const char *message;
  const char *hint;
  const char *file;
  uint32_t line, column; /* in the file, from 1; 0 where it has no lines */
  size_t numNodes;       /* several where nodes were fused */
  const GaramNode *nodes;
  size_t numNotes;
  const char *const *notes;
} GaramDiagnostic;

/** The exit code that the tool garam ends with for this error; never 0. */
int garamErrorGetCode(const GaramError *error);
/** A line for each thing that is wrong. Belongs to the error. */
const char *garamErrorGetMessage(const GaramError *error);
/** The same, thing by thing; at least one. */
size_t garamErrorGetNumDiagnostics(const GaramError *error);
GaramDiagnostic garamErrorGetDiagnostic(const GaramError *error, size_t index);
void garamErrorDestroy(GaramError *error);

GaramContext *garamContextCreate(void);
void garamContextDestroy(GaramContext *context);
/** Adds the devices of a shared library. Waits for compiles of other threads.
 */
bool garamContextLoadPlugin(GaramContext *context, const char *path,
                            GaramError **error);

/** Compiles an ONNX model for a target. `data` are the bytes of the model, and
 *  `path` then only names it; with a null pointer the file is read. Native code
 *  of the executable may run. */
GaramExecutable *garamCompile(GaramContext *context, const char *path,
                              const void *data, size_t size, const char *target,
                              const GaramOption *options, size_t numOptions,
                              GaramError **error);
/** Loads a device binary. Native code in it runs when the user trusts it, or
 *  with `trustNative`. */
GaramExecutable *garamExecutableLoad(GaramContext *context, const char *path,
                                     bool trustNative, GaramError **error);
void garamExecutableDestroy(GaramExecutable *executable);
/** Writes the binary, whole or not at all. */
bool garamExecutableSave(const GaramExecutable *executable, const char *path,
                         GaramError **error);

size_t garamExecutableGetNumInputs(const GaramExecutable *executable);
size_t garamExecutableGetNumOutputs(const GaramExecutable *executable);
GaramValue garamExecutableGetInput(const GaramExecutable *executable,
                                   size_t index);
GaramValue garamExecutableGetOutput(const GaramExecutable *executable,
                                    size_t index);
/** The dimensions of inputs whose sizes a run gives; a GaramValue has their
 *  largest. */
size_t garamExecutableGetNumSymbols(const GaramExecutable *executable);
GaramSymbol garamExecutableGetSymbol(const GaramExecutable *executable,
                                     size_t index);
/** What a dimension whose size depends on the run is: of an input the name of a
 *  symbol, of an output that, or an expression of symbols for people, as
 *  "seq + 1". Null when the size is fixed. `dimension` is below the rank.
 *  Belongs to the executable. */
const char *garamExecutableGetInputDimension(const GaramExecutable *executable,
                                             size_t index, size_t dimension);
const char *garamExecutableGetOutputDimension(const GaramExecutable *executable,
                                              size_t index, size_t dimension);
/** The index of the output that has the sizes of output `index` after a run, an
 *  int64 for each dimension; the number of outputs when symbols do not decide
 *  them, or when the dimensions' names are those of symbols, whose sizes the
 *  run's inputs have. */
size_t garamExecutableGetOutputSizes(const GaramExecutable *executable,
                                     size_t index);
/** The index of the output, one int64, that says how many elements of a
 *  dimension of output `index` there are after a run, when the data decides
 *  that; the number of outputs when it does not. Writes the dimension to
 *  `dimension` where there is one, unless it is null. */
size_t garamExecutableGetOutputCount(const GaramExecutable *executable,
                                     size_t index, size_t *dimension);
/** What sessions keep from run to run, which is not among the inputs and
 * outputs above. */
size_t garamExecutableGetNumStates(const GaramExecutable *executable);
GaramState garamExecutableGetState(const GaramExecutable *executable,
                                   size_t index);
size_t garamExecutableGetNumWarnings(const GaramExecutable *executable);
/** Belongs to the executable. */
const char *garamExecutableGetWarning(const GaramExecutable *executable,
                                      size_t index);
/** Simulates without data; the JSON of docs/report.md, for garamTextDestroy. */
char *garamExecutableCopyReport(const GaramExecutable *executable,
                                GaramError **error);
void garamTextDestroy(char *text);

GaramSession *garamSessionCreate(const GaramExecutable *executable);
void garamSessionDestroy(GaramSession *session);
/** Runs on inputs in any order. Output i of the model is written to
 *  `outputs[i]`, which has the bytes that its GaramValue says; a null pointer
 *  leaves it out. The input of a state may be given, too, and replaces what the
 *  run before has left. Where the size of an output shows only at run time, its
 *  GaramValue says the largest one, and another output which there is
 *  (garamExecutableGetOutputSizes, garamExecutableGetOutputCount); the elements
 *  are written from the beginning on, without gaps. */
bool garamSessionRun(GaramSession *session, const GaramInput *inputs,
                     size_t numInputs, void *const *outputs, size_t numOutputs,
                     GaramError **error);
/** Writes what the next run takes as state i to `places[i]`; a null pointer
 *  leaves it out. */
bool garamSessionCopyStates(GaramSession *session, void *const *places,
                            size_t numPlaces, GaramError **error);
/** State is zero again, as before the first run. */
bool garamSessionResetStates(GaramSession *session, GaramError **error);

#ifdef __cplusplus
}
#endif

#endif /* GARAM_C_GARAM_H */
