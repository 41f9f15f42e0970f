/* Loads a device binary, runs it on the simulated device, and prints its
 * outputs. README.md says how to build it.
 *
 *   run BINARY.garam [INPUT.bin ...]
 *
 * Each file has the bytes of one input, row-major and little-endian, in the
 * order of the model; inputs without a file are zeros. */

#include <garam-c/Garam.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what) {
  fprintf(stderr, "error: %s\n", what);
  exit(EXIT_FAILURE);
}

/* Ends the program when a call of Garam has failed. */
static void check(bool succeeded, GaramError *error) {
  if (succeeded)
    return;
  fprintf(stderr, "error: %s\n", garamErrorGetMessage(error));
  int code = garamErrorGetCode(error);
  garamErrorDestroy(error);
  exit(code);
}

/* Zeros; there is at least one byte, for malloc may give none a null pointer.
 */
static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count + 1, size);
  if (!memory)
    fail("no memory");
  return memory;
}

static void readFile(const char *path, void *bytes, size_t size) {
  FILE *file = fopen(path, "rb");
  if (!file || fread(bytes, 1, size, file) != size || fgetc(file) != EOF) {
    fprintf(stderr, "%s: found no file of %zu bytes\n", path, size);
    exit(EXIT_FAILURE);
  }
  fclose(file);
}

static GaramInput makeInput(GaramValue value, const char *path) {
  void *bytes = allocate(value.byteSize, 1);
  if (path)
    readFile(path, bytes, value.byteSize);
  GaramInput input = {value.name,  value.type, value.rank,
                      value.shape, bytes,      value.byteSize};
  return input;
}

static size_t countElements(GaramValue value) {
  size_t count = 1;
  for (size_t i = 0; i < value.rank; ++i)
    count *= (size_t)value.shape[i];
  return count;
}

static void print(GaramValue value, const void *bytes) {
  printf("%s:", value.name);
  size_t count = countElements(value);
  if (value.type == GARAM_FLOAT32)
    for (size_t i = 0; i < count; ++i)
      printf(" %.9g", ((const float *)bytes)[i]);
  else if (value.type == GARAM_INT64)
    for (size_t i = 0; i < count; ++i)
      printf(" %" PRId64, ((const int64_t *)bytes)[i]);
  else
    printf(" %zu bytes", value.byteSize);
  printf("\n");
}

int main(int argc, char **argv) {
  if (argc < 2)
    fail("needed a binary");
  GaramError *error = NULL;
  GaramContext *context = garamContextCreate();
  GaramExecutable *executable =
      garamExecutableLoad(context, argv[1], /*trustNative=*/false, &error);
  check(executable != NULL, error);
  garamContextDestroy(context);

  size_t numInputs = garamExecutableGetNumInputs(executable);
  size_t numOutputs = garamExecutableGetNumOutputs(executable);
  if ((size_t)argc - 2 > numInputs)
    fail("there are more files than inputs");
  GaramInput *inputs = allocate(numInputs, sizeof(GaramInput));
  for (size_t i = 0; i < numInputs; ++i)
    inputs[i] = makeInput(garamExecutableGetInput(executable, i),
                          i + 2 < (size_t)argc ? argv[i + 2] : NULL);
  void **outputs = allocate(numOutputs, sizeof(void *));
  for (size_t i = 0; i < numOutputs; ++i)
    outputs[i] = allocate(garamExecutableGetOutput(executable, i).byteSize, 1);

  GaramSession *session = garamSessionCreate(executable);
  check(
      garamSessionRun(session, inputs, numInputs, outputs, numOutputs, &error),
      error);
  garamSessionDestroy(session);
  for (size_t i = 0; i < numOutputs; ++i)
    print(garamExecutableGetOutput(executable, i), outputs[i]);

  for (size_t i = 0; i < numInputs; ++i)
    free((void *)inputs[i].data);
  for (size_t i = 0; i < numOutputs; ++i)
    free(outputs[i]);
  free(inputs);
  free(outputs);
  garamExecutableDestroy(executable);
  return 0;
}
