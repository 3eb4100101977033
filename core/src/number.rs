//! Numbers and names in JSON, as this program and others write them.

use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn write_value<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match *value {
        value if value.is_nan() => serializer.serialize_str("nan"),
        value if value.is_infinite() => serializer.serialize_str(if value > 0.0 { "inf" } else { "-inf" }),
        value => serializer.serialize_f64(value),
    }
}

pub(crate) fn read_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let wrong = || serde::de::Error::custom("the value is neither a number nor inf, -inf or nan");
    match Spelled::deserialize(deserializer).map_err(|_| wrong())? {
        Spelled::Number(value) => value.as_f64().ok_or_else(wrong),
        Spelled::Nothing(()) => Ok(f64::NAN),
        Spelled::Text(text) => text.parse().map_err(|_| wrong()),
    }
}

pub(crate) fn read_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Spelled::deserialize(deserializer) {
        Ok(Spelled::Number(number)) => Ok(number.to_string()),
        Ok(Spelled::Text(text)) => Ok(text),
        Ok(Spelled::Nothing(())) | Err(_) => {
            Err(serde::de::Error::custom("the architecture is neither a name nor a number"))
        }
    }
}

/// What other programs write as a number or as a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Spelled {
    Number(serde_json::Number),
    Text(String),
    Nothing(()),
}

/// How [`write_value`] writes.
#[cfg(feature = "schema")]
pub(crate) fn value_schema() -> utoipa::openapi::Schema {
    use utoipa::openapi::{ObjectBuilder, OneOfBuilder, Type};
    let of = |kind| ObjectBuilder::new().schema_type(kind);
    OneOfBuilder::new()
        .item(of(Type::Number))
        .item(of(Type::String).enum_values(Some(["inf", "-inf", "nan"])))
        .build()
        .into()
}
