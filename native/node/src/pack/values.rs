use flyte_client::domain::{ExecutionData, ValueMap};
use flyte_client::values::{NamedValue, Value};

use super::{Pack, Packer};

impl Pack for Value {
    fn pack(self, to: &mut Packer) {
        to.name(self.kind);
        to.text(self.type_name);
        to.text(self.text);
        to.number(self.size);
        to.flag(self.truncated);
        to.list(self.children);
    }
}

impl Pack for NamedValue {
    fn pack(self, to: &mut Packer) {
        to.text(self.key);
        self.value.pack(to);
    }
}

impl Pack for ValueMap {
    fn pack(self, to: &mut Packer) {
        to.name(self.state);
        to.number(self.bytes);
        to.text(self.uri);
        to.list(self.values);
    }
}

impl Pack for ExecutionData {
    fn pack(self, to: &mut Packer) {
        self.inputs.pack(to);
        self.outputs.pack(to);
    }
}
