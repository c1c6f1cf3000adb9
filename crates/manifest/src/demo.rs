//! The embedded demo (`--demo`): the field guide of `examples/`.

/// The demo's files: name and text, the platform's first.
pub const DEMO: &[(&str, &str)] = &[
    ("field-guide/gateway.yaml", include_str!("../../../examples/field-guide/gateway.yaml")),
    ("field-guide/parent.yaml", include_str!("../../../examples/field-guide/parent.yaml")),
    ("field-guide/banking.yaml", include_str!("../../../examples/field-guide/banking.yaml")),
    ("field-guide/insurance.yaml", include_str!("../../../examples/field-guide/insurance.yaml")),
    ("field-guide/payments.yaml", include_str!("../../../examples/field-guide/payments.yaml")),
];
