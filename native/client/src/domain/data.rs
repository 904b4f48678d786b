use crate::values::NamedValue;

/// Everything that a document shows of an entity's version, an execution or a node execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The whole message as protobuf JSON with the original field names, indented.
    pub json: String,
    /// The full error text; empty when there is none.
    pub error: String,
}

/// What became of a literal map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueMapState {
    /// In [`ValueMap::values`].
    Inline,
    /// The server withheld it for its size; [`ValueMap::uri`] says where it is, if known.
    TooLarge,
    /// There is none.
    None,
}

/// A literal map with what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueMap {
    /// Whether the values are here.
    pub state: ValueMapState,
    /// The decoded values, sorted by name.
    pub values: Vec<NamedValue>,
    /// Size of the literal map in bytes, as received or else as the server reports it; 0 when it does not.
    pub bytes: u64,
    /// Where the server keeps it; empty when it does not say.
    pub uri: String,
}

/// Inputs and outputs of an execution or of one of its nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionData {
    /// What it was started with.
    pub inputs: ValueMap,
    /// What it gave.
    pub outputs: ValueMap,
}

/// What kind of server answers at an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// Flyte 1.
    FlyteAdmin,
    /// Flyte 2: recognised, not served yet.
    Flyte2,
}

/// What answers at an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Which Flyte.
    pub kind: ServerKind,
    /// Version of FlyteAdmin; empty when it does not say.
    pub version: String,
}
