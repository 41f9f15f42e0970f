// RUN: garam-opt --convert-linalg-to-analog=target=none --verify-diagnostics %s

// expected-error @+1 {{cannot load the target: no target is called 'none'}}
func.func @f() {
  return
}
