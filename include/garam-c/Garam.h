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
  GARAM_FLOAT64 = 12
} GaramDataType;

/** An input or output of a model. It belongs to the executable. */
typedef struct GaramValue {
  const char *name;
  GaramDataType type;
  size_t rank;
  const int64_t *shape; /* `rank` of them */
  size_t byteSize;
} GaramValue;

/** An option of `garam compile` by its name without dashes: "dim", "shape",
 *  "precision", "O", "calibrate", "placement", "no-fallback" (value "" or
 *  "on"), or one of a device. "dim" and "shape" may be there several times. */
typedef struct GaramOption {
  const char *name;
  const char *value;
} GaramOption;

/** The bytes of a tensor, row-major and little-endian, of the caller. */
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

/** The exit code that the tool garam ends with for this error; never 0. */
int garamErrorGetCode(const GaramError *error);
/** A line for each thing that is wrong. Belongs to the error. */
const char *garamErrorGetMessage(const GaramError *error);
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
/** `index` is below the number above. */
GaramValue garamExecutableGetInput(const GaramExecutable *executable,
                                   size_t index);
GaramValue garamExecutableGetOutput(const GaramExecutable *executable,
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
 *  leaves it out. */
bool garamSessionRun(GaramSession *session, const GaramInput *inputs,
                     size_t numInputs, void *const *outputs, size_t numOutputs,
                     GaramError **error);

#ifdef __cplusplus
}
#endif

#endif /* GARAM_C_GARAM_H */
