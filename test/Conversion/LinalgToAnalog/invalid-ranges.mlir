// RUN: garam-opt --convert-linalg-to-analog="target=hermes ranges=x:1" --verify-diagnostics %s

// expected-error @+1 {{option ranges: found 'x:1', needed NAME:MIN:MAX}}
func.func @f() {
  return
}
