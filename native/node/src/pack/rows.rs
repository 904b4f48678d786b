use flyte_client::domain::{
    Domain, EntityRow, ExecutionId, ExecutionRow, LastExecution, NodeExecutionId, NodeExecutionRow, Page,
    Project, Scope, VersionRow,
};

use super::{Pack, Packer};

impl<Row: Pack> Pack for Page<Row> {
    fn pack(self, to: &mut Packer) {
        match self.next_token {
            Some(token) => to.text(token),
            None => to.absent(),
        }
        to.list(self.rows);
    }
}

impl Pack for Scope {
    fn pack(self, to: &mut Packer) {
        to.text(self.project);
        to.text(self.domain);
        to.text(self.org);
    }
}

impl Pack for ExecutionId {
    fn pack(self, to: &mut Packer) {
        to.text(self.name);
        self.scope.pack(to);
    }
}

impl Pack for NodeExecutionId {
    fn pack(self, to: &mut Packer) {
        self.execution.pack(to);
        to.text(self.node_id);
    }
}

impl Pack for Domain {
    fn pack(self, to: &mut Packer) {
        to.text(self.id);
        to.text(self.name);
    }
}

impl Pack for Project {
    fn pack(self, to: &mut Packer) {
        to.text(self.id);
        to.text(self.name);
        to.text(self.description);
        to.list(self.domains);
    }
}

impl Pack for EntityRow {
    fn pack(self, to: &mut Packer) {
        to.text(self.name);
        to.text(self.description);
        to.flag(self.archived);
    }
}

impl Pack for VersionRow {
    fn pack(self, to: &mut Packer) {
        to.text(self.version);
        to.milliseconds(self.created_at);
        to.text(self.signature);
        match self.active {
            Some(active) => to.flag(active),
            None => to.absent(),
        }
    }
}

impl Pack for ExecutionRow {
    fn pack(self, to: &mut Packer) {
        self.id.pack(to);
        to.name(self.phase);
        to.text(self.launched_name);
        to.text(self.launched_version);
        to.text(self.principal);
        to.text(self.error);
        to.milliseconds(self.created_at);
        to.milliseconds(self.started_at);
        to.milliseconds(self.duration);
    }
}

impl Pack for NodeExecutionRow {
    fn pack(self, to: &mut Packer) {
        self.id.pack(to);
        to.text(self.display_name);
        to.name(self.phase);
        to.flag(self.cached);
        to.flag(self.is_parent);
        to.text(self.error);
        to.milliseconds(self.created_at);
        to.milliseconds(self.started_at);
        to.milliseconds(self.duration);
        to.option(self.launched_execution);
    }
}

impl Pack for LastExecution {
    fn pack(self, to: &mut Packer) {
        self.execution.pack(to);
        to.option(self.node);
    }
}

impl Pack for Option<LastExecution> {
    fn pack(self, to: &mut Packer) {
        to.option(self);
    }
}
