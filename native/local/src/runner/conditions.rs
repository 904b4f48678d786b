//! The conditions of branches.
#![allow(deprecated, reason = "flytekit writes primitive operands")]

use std::cmp::Ordering;

use crate::idl::core::comparison_expression::Operator;
use crate::idl::core::conjunction_expression::LogicalOperator;
use crate::idl::core::{
    BooleanExpression, ComparisonExpression, Literal, LiteralMap, Operand, Primitive, Scalar,
    boolean_expression, literal, operand, primitive, scalar,
};

/// Whether a condition holds for a branch's inputs, or why it makes no sense.
pub fn holds(condition: &BooleanExpression, inputs: &LiteralMap) -> Result<bool, String> {
    match &condition.expr {
        Some(boolean_expression::Expr::Comparison(comparison)) => compare(comparison, inputs),
        Some(boolean_expression::Expr::Conjunction(conjunction)) => {
            let side = |expression: &Option<Box<BooleanExpression>>| match expression {
                Some(expression) => holds(expression, inputs),
                None => Err("a conjunction lacks one of its sides".to_owned()),
            };
            let (left, right) = (side(&conjunction.left_expression)?, side(&conjunction.right_expression)?);
            Ok(match conjunction.operator() {
                LogicalOperator::Or => left || right,
                LogicalOperator::And => left && right,
            })
        }
        None => Err("No Comparison or Conjunction found in Branch node expression.".into()),
    }
}

fn compare(comparison: &ComparisonExpression, inputs: &LiteralMap) -> Result<bool, String> {
    let operator = comparison.operator();
    let left = value(comparison.left_value.as_ref(), inputs, "LHS")?;
    let right = value(comparison.right_value.as_ref(), inputs, "RHS")?;
    let (left, right) = match (left, right) {
        (Compared::Primitive(left), Compared::Primitive(right)) => (left, right),
        // What is nothing equals only nothing.
        (left, right) => {
            let equal = matches!((left, right), (Compared::Nothing, Compared::Nothing));
            return match operator {
                Operator::Eq => Ok(equal),
                Operator::Neq => Ok(!equal),
                _ => Err("Nothing can only be compared for equality.".into()),
            };
        }
    };
    let order = order(left, right)?;
    if matches!(left, primitive::Value::Boolean(_)) && !matches!(operator, Operator::Eq | Operator::Neq) {
        return Err(format!("[{}] not defined for boolean operands.", operator.as_str_name()));
    }
    Ok(match operator {
        Operator::Eq => order == Some(Ordering::Equal),
        Operator::Neq => order != Some(Ordering::Equal),
        Operator::Gt => order == Some(Ordering::Greater),
        Operator::Gte => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Lt => order == Some(Ordering::Less),
        Operator::Lte => matches!(order, Some(Ordering::Less | Ordering::Equal)),
    })
}

/// What a comparison compares.
enum Compared<'a> {
    Primitive(&'a primitive::Value),
    Nothing,
}

fn value<'a>(
    operand: Option<&'a Operand>,
    inputs: &'a LiteralMap,
    side: &str,
) -> Result<Compared<'a>, String> {
    match operand.and_then(|operand| operand.val.as_ref()) {
        Some(operand::Val::Primitive(primitive)) => of_primitive(primitive, side),
        Some(operand::Val::Scalar(scalar)) => of_scalar(scalar, side),
        Some(operand::Val::Var(name)) => {
            let literal = inputs.literals.get(name);
            of_literal(literal.ok_or_else(|| format!("Failed to find Value for Variable [{name}]"))?, side)
        }
        None => Err(format!("The comparison has no {side}.")),
    }
}

fn of_literal<'a>(literal: &'a Literal, side: &str) -> Result<Compared<'a>, String> {
    match &literal.value {
        Some(literal::Value::Scalar(scalar)) => of_scalar(scalar, side),
        _ => Err(not_primitive(side)),
    }
}

fn of_scalar<'a>(scalar: &'a Scalar, side: &str) -> Result<Compared<'a>, String> {
    match &scalar.value {
        Some(scalar::Value::Primitive(primitive)) => of_primitive(primitive, side),
        Some(scalar::Value::NoneType(_)) => Ok(Compared::Nothing),
        Some(scalar::Value::Union(union)) => match union.value.as_deref() {
            Some(literal) => of_literal(literal, side),
            None => Ok(Compared::Nothing),
        },
        _ => Err(not_primitive(side)),
    }
}

fn of_primitive<'a>(primitive: &'a Primitive, side: &str) -> Result<Compared<'a>, String> {
    primitive.value.as_ref().map(Compared::Primitive).ok_or_else(|| not_primitive(side))
}

fn not_primitive(side: &str) -> String {
    format!("Only primitives can be compared. {side} Variable is non primitive.")
}

/// The order of two values of the same type; none when there is none, as with a NaN.
fn order(left: &primitive::Value, right: &primitive::Value) -> Result<Option<Ordering>, String> {
    use primitive::Value;
    Ok(match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        (Value::FloatValue(left), Value::FloatValue(right)) => left.partial_cmp(right),
        (Value::StringValue(left), Value::StringValue(right)) => Some(left.cmp(right)),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        (Value::Datetime(left), Value::Datetime(right)) => Some(left.seconds.cmp(&right.seconds)),
        (Value::Duration(left), Value::Duration(right)) => Some(left.seconds.cmp(&right.seconds)),
        _ => {
            let (left, right) = (kind(left), kind(right));
            return Err(format!("Comparison between different primitives types. lVal[{left}]:rVal[{right}]"));
        }
    })
}

fn kind(value: &primitive::Value) -> &'static str {
    use primitive::Value;
    match value {
        Value::Integer(_) => "integer",
        Value::FloatValue(_) => "float",
        Value::StringValue(_) => "string",
        Value::Boolean(_) => "boolean",
        Value::Datetime(_) => "datetime",
        Value::Duration(_) => "duration",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn primitive(value: primitive::Value) -> Option<Operand> {
        let primitive = Primitive { value: Some(value) };
        Some(Operand { val: Some(operand::Val::Primitive(primitive)) })
    }

    fn compared(left: primitive::Value, operator: Operator, right: primitive::Value) -> Result<bool, String> {
        let comparison = ComparisonExpression {
            operator: operator as i32,
            left_value: primitive(left),
            right_value: primitive(right),
        };
        compare(&comparison, &LiteralMap::default())
    }

    #[test]
    fn primitives_of_the_same_type_are_compared() {
        use primitive::Value::{Boolean, FloatValue, Integer, StringValue};
        assert_eq!(compared(Integer(1), Operator::Lt, Integer(2)), Ok(true));
        assert_eq!(compared(FloatValue(2.0), Operator::Gte, FloatValue(2.0)), Ok(true));
        assert_eq!(compared(FloatValue(f64::NAN), Operator::Lte, FloatValue(2.0)), Ok(false));
        assert_eq!(compared(StringValue("a".into()), Operator::Neq, StringValue("b".into())), Ok(true));
        assert_eq!(compared(Boolean(true), Operator::Eq, Boolean(true)), Ok(true));
        assert!(compared(Boolean(true), Operator::Gt, Boolean(false)).is_err());
        assert!(compared(Integer(1), Operator::Eq, FloatValue(1.0)).is_err());
    }

    #[test]
    fn a_variable_that_is_not_there_is_an_error() {
        let comparison = ComparisonExpression {
            operator: Operator::Eq as i32,
            left_value: Some(Operand { val: Some(operand::Val::Var("x".into())) }),
            right_value: primitive(primitive::Value::Integer(1)),
        };
        let expression = BooleanExpression { expr: Some(boolean_expression::Expr::Comparison(comparison)) };
        let outcome = holds(&expression, &LiteralMap::default());
        assert_eq!(outcome, Err("Failed to find Value for Variable [x]".into()));
    }
}
