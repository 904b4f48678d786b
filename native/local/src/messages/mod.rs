//! Messages seen through their descriptors: as the text that FlyteAdmin puts in its errors, and as the tree that it
//! compares and describes differences in.

mod diff;
mod raw_list;
mod text;

pub use diff::describe_difference;
pub use raw_list::RawList;
pub use text::text;

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};

use crate::idl::{admin, core, service};

/// All of flyteidl's descriptors; none if the embedded set could not be read, and then errors lose their identifiers.
static POOL: LazyLock<Option<DescriptorPool>> =
    LazyLock::new(|| DescriptorPool::decode(flyte_idl::FILE_DESCRIPTOR_SET).ok());

/// A message that this module can look at, with its full protobuf name.
pub trait Described: Message {
    /// Such as `flyteidl.core.Identifier`.
    const NAME: &'static str;
}

macro_rules! described {
    ($($message:ty = $name:literal),* $(,)?) => {
        $(impl Described for $message {
            const NAME: &'static str = $name;
        })*
    };
}

described! {
    admin::ExecutionCreateRequest = "flyteidl.admin.ExecutionCreateRequest",
    admin::LaunchPlanSpec = "flyteidl.admin.LaunchPlanSpec",
    core::BindingData = "flyteidl.core.BindingData",
    core::BindingDataCollection = "flyteidl.core.BindingDataCollection",
    core::BindingDataMap = "flyteidl.core.BindingDataMap",
    core::CompiledTask = "flyteidl.core.CompiledTask",
    core::CompiledWorkflowClosure = "flyteidl.core.CompiledWorkflowClosure",
    core::Identifier = "flyteidl.core.Identifier",
    core::Literal = "flyteidl.core.Literal",
    core::LiteralType = "flyteidl.core.LiteralType",
    core::NodeExecutionIdentifier = "flyteidl.core.NodeExecutionIdentifier",
    core::TaskExecutionIdentifier = "flyteidl.core.TaskExecutionIdentifier",
    core::WorkflowExecutionIdentifier = "flyteidl.core.WorkflowExecutionIdentifier",
    service::CreateDownloadLinkRequest = "flyteidl.service.CreateDownloadLinkRequest",
}

/// The beginning of a text: whole characters, in as many bytes at most.
pub fn head(text: &str, longest: usize) -> &str {
    let end = (0..=longest.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    &text[..end]
}

/// `message` together with its descriptor.
fn reflect<M: Described>(message: &M) -> Option<DynamicMessage> {
    let descriptor = POOL.as_ref()?.get_message_by_name(M::NAME)?;
    DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).ok()
}
