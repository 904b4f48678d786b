//! SignalService: values that gate nodes of executions wait for.

use crate::compile::types::{castable, literal_type, unknown_type};
use crate::failure::{Outcome, invalid, missing};
use crate::filters::{self, Condition, Page, Table};
use crate::idl::admin::{
    Signal, SignalGetOrCreateRequest, SignalListRequest, SignalSetRequest, SignalSetResponse,
};
use crate::idl::core::SignalIdentifier;
use crate::messages::text;
use crate::serve::Flyte;
use crate::store::list::{self, Listing};
use crate::store::signals;
use crate::validation;

/// The signal of an id, which is made when there is none. As with FlyteAdmin, its execution need not be there.
pub fn get_or_create(flyte: &Flyte, request: SignalGetOrCreateRequest) -> Outcome<Signal> {
    let id = identifier(request.id.as_ref())?;
    let value_type = request.r#type.as_ref().ok_or_else(|| missing("type"))?;
    flyte.store.write(|transaction| signals::get_or_create(transaction, id, value_type))
}

/// A page of the signals of an execution, oldest first unless the request sorts.
pub fn list(flyte: &Flyte, request: SignalListRequest) -> Outcome<Vec<u8>> {
    let execution = validation::execution_id(request.workflow_execution_id.as_ref())
        .map_err(|_| missing("execution_id"))?;
    validation::limit(request.limit)?;
    let table = Table::Signal;
    let mut conditions = vec![
        Condition::equals(table, "execution_project", execution.project.clone()),
        Condition::equals(table, "execution_domain", execution.domain.clone()),
        Condition::equals(table, "execution_name", execution.name.clone()),
    ];
    conditions.extend(filters::parse(&request.filters, table)?);
    let order = filters::order(request.sort_by.as_ref(), table, &["id"])?;
    let page = Page { limit: request.limit, offset: filters::offset(&request.token, "ListSignals")? };
    let listing = Listing { table, columns: signals::LISTED, conditions, order, page };
    flyte.store.read(|view| listing.encoded(view, list::message))
}

/// Gives a signal its value, in place of one that it has, and wakes the execution whose node may wait for it.
pub fn set(flyte: &Flyte, request: SignalSetRequest) -> Outcome<SignalSetResponse> {
    let id = identifier(request.id.as_ref())?;
    let value = request.value.ok_or_else(|| missing("value"))?;
    flyte.store.write(|transaction| {
        let signal = signals::find(transaction, id)?.ok_or_else(|| unknown(id))?;
        let expected = signal.r#type.clone().unwrap_or_default();
        let found = literal_type(&value).ok_or_else(|| unknown_type(""))?;
        if !castable(&expected, &found) {
            return Err(invalid(format!(
                "requested signal value [{}] is not castable to existing signal type [{}]",
                text(&value),
                text(&expected)
            )));
        }
        signals::set(transaction, signal, value)
    })?;
    flyte.changed(id.execution_id.clone().unwrap_or_default());
    Ok(SignalSetResponse {})
}

fn identifier(id: Option<&SignalIdentifier>) -> Outcome<&SignalIdentifier> {
    let id = id.ok_or_else(|| missing("id"))?;
    let execution = id.execution_id.as_ref().ok_or_else(|| missing("execution_id"))?;
    validation::given(&id.signal_id, "signal_id")?;
    validation::execution_id(Some(execution))?;
    Ok(id)
}

fn unknown(id: &SignalIdentifier) -> tonic::Status {
    let execution = id.execution_id.clone().unwrap_or_default();
    invalid(format!(
        "failed to validate that signal [{{{{{} {} {}}} {}}}] exists, err: [signal does not exist]",
        execution.project, execution.domain, execution.name, id.signal_id
    ))
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use tonic::Code;

    use super::*;
    use crate::admin::tests::{Fresh, fresh};
    use crate::idl::admin::{SignalList, Sort};
    use crate::idl::core::{
        Literal, LiteralType, Primitive, Scalar, SimpleType, WorkflowExecutionIdentifier, literal,
        literal_type::Type, primitive, scalar,
    };

    fn execution() -> WorkflowExecutionIdentifier {
        WorkflowExecutionIdentifier {
            project: "p".into(),
            domain: "development".into(),
            name: "e".into(),
            ..Default::default()
        }
    }

    fn id(signal: &str) -> Option<SignalIdentifier> {
        Some(SignalIdentifier { signal_id: signal.into(), execution_id: Some(execution()) })
    }

    fn make(flyte: &Flyte, signal: &str, simple: SimpleType) -> Outcome<Signal> {
        let value_type = LiteralType { r#type: Some(Type::Simple(simple as i32)), ..Default::default() };
        get_or_create(flyte, SignalGetOrCreateRequest { id: id(signal), r#type: Some(value_type) })
    }

    fn boolean(value: bool) -> Option<Literal> {
        let value = scalar::Value::Primitive(Primitive { value: Some(primitive::Value::Boolean(value)) });
        let value = literal::Value::Scalar(Box::new(Scalar { value: Some(value) }));
        Some(Literal { value: Some(value), ..Default::default() })
    }

    #[test]
    fn a_signal_is_made_set_and_set_again() {
        let Fresh { flyte, _folder } = fresh();
        assert_eq!(make(&flyte, "s", SimpleType::Boolean).unwrap().value, None);
        for value in [true, false] {
            set(&flyte, SignalSetRequest { id: id("s"), value: boolean(value) }).unwrap();
            assert_eq!(make(&flyte, "s", SimpleType::Boolean).unwrap().value, boolean(value));
        }
        assert_eq!(make(&flyte, "s", SimpleType::String).unwrap_err().code(), Code::AlreadyExists);
    }

    #[test]
    fn what_cannot_be_set_is_refused() {
        let Fresh { flyte, _folder } = fresh();
        make(&flyte, "s", SimpleType::String).unwrap();
        let refused = |id, value| {
            let status = set(&flyte, SignalSetRequest { id, value }).unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument);
            status.message().to_owned()
        };
        assert_eq!(
            refused(id("s"), boolean(true)),
            "requested signal value [scalar:{primitive:{boolean:true}}] is not castable to existing signal type \
             [simple:STRING]"
        );
        assert!(refused(id("s"), Some(Literal::default())).contains("got unknown literal type"));
        assert!(refused(id("none"), boolean(true)).contains("[{{p development e} none}] exists"));
        assert_eq!(refused(id("s"), None), "missing value");
        assert_eq!(refused(None, None), "missing id");
        assert_eq!(refused(id(""), None), "missing signal_id");
    }

    #[test]
    fn lists_are_of_one_execution() {
        let Fresh { flyte, _folder } = fresh();
        for signal in ["b", "a", "c"] {
            make(&flyte, signal, SimpleType::Boolean).unwrap();
        }
        let page = |request: SignalListRequest| {
            let list = SignalList::decode(list(&flyte, request).unwrap().as_slice()).unwrap();
            let ids = list.signals.into_iter().map(|signal| signal.id.unwrap().signal_id).collect::<Vec<_>>();
            (ids.join(" "), list.token)
        };
        let of = |name: &str| Some(WorkflowExecutionIdentifier { name: name.into(), ..execution() });
        let request = SignalListRequest { workflow_execution_id: of("e"), limit: 2, ..Default::default() };
        assert_eq!(page(request.clone()), ("b a".into(), "2".into()));
        assert_eq!(page(SignalListRequest { token: "2".into(), ..request.clone() }), ("c".into(), "".into()));
        let sorted = Sort { key: "signal_id".into(), direction: 1 };
        assert_eq!(page(SignalListRequest { sort_by: Some(sorted), ..request.clone() }).0, "a b");
        let filters = "eq(signal_id,c)".into();
        assert_eq!(page(SignalListRequest { filters, ..request.clone() }).0, "c");
        assert_eq!(page(SignalListRequest { workflow_execution_id: of("f"), ..request }).0, "");
        let nowhere = list(&flyte, SignalListRequest { limit: 1, ..Default::default() }).unwrap_err();
        assert_eq!(nowhere.message(), "missing execution_id");
    }
}
