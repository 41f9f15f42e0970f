//===- NPUTarget.td - Target attribute of the NPU ----------*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_IR_NPUTARGET_TD
#define GARAM_DIALECT_NPU_IR_NPUTARGET_TD

include "garam/Dialect/NPU/IR/NPUBase.td"

def NPU_TargetAttr : NPU_Attr<"Target", "target"> {
  let summary = "a chip that the reference NPU describes";
  let description = [{
    `#npu.target<"atom", "...">`: the target's name and the text of its file
    (docs/targets.md), the one authority for everything about the machine. It
    implements `DeviceTargetAttrInterface`.
  }];
  let parameters = (ins StringRefParameter<"name of the target">:$name,
                        StringRefParameter<"text of the target file">:$text);
  let assemblyFormat = "`<` $name `,` $text `>`";
  let genMnemonicAlias = 1;
}

#endif // GARAM_DIALECT_NPU_IR_NPUTARGET_TD
