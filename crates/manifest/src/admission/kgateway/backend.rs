//! `Backend` and `DirectResponse`.
//!
//! Source: `gateway.kgateway.dev_{backends,directresponses}.yaml`.

use super::shared::{BODY_FORMAT, LOCAL_NAME, at_most_one, exactly_one};
use crate::admission::form::Form;
use crate::admission::look::{get, has, items, text, text_or};
use crate::admission::schema::{
    Rule, Schema, any_integer, boolean, integer, list, may, must, object, rule, text as any_text, word,
};

pub(in crate::admission) static BACKEND: Schema = object(&[must(
    "spec",
    &object(&[
        may("aws", &AWS),
        may("dynamicForwardProxy", &object(&[may("enableTls", &boolean())])),
        may("gcp", &object(&[may("audience", &SOME_TEXT), must("host", &SOME_TEXT)])),
        may("priorityGroups", &list(&PRIORITY_GROUP).at_least(1).at_most(16)),
        may("static", &STATIC),
        may("type", &word(&["AWS", "Static", "DynamicForwardProxy", "GCP", "PriorityGroups"])),
    ])
    .rules(OF_BACKENDS),
)]);

/// The rule that ties a type to the field of that name.
macro_rules! tied {
    ($($kind:literal to $field:literal),+ $(,)?) => {
        [$(
            rule(
                concat!($field, " backend must be specified when type is '", $kind, "'"),
                |spec| text(spec, "type") != Some($kind) || has(spec, $field),
            ),
        )+]
    };
}

const OF_TYPES: [Rule; 5] = tied![
    "AWS" to "aws",
    "Static" to "static",
    "DynamicForwardProxy" to "dynamicForwardProxy",
    "GCP" to "gcp",
    "PriorityGroups" to "priorityGroups",
];

const OF_BACKENDS: &[Rule] = {
    let [aws, fixed, proxy, gcp, groups] = OF_TYPES;
    &[aws, fixed, proxy, gcp, groups, exactly_one!("aws", "static", "dynamicForwardProxy", "gcp", "priorityGroups")]
};

static SOME_TEXT: Schema = any_text().at_least(1);

static STATIC: Schema = object(&[
    may("appProtocol", &word(&["http2", "grpc", "grpc-web", "kubernetes.io/h2c", "kubernetes.io/ws"])),
    must("hosts", &list(&object(&[must("host", &SOME_TEXT), must("port", &any_integer())])).at_least(1)),
]);

static PRIORITY_GROUP: Schema = object(&[must(
    "backendRefs",
    &list(&LOCAL_NAME)
        .at_least(1)
        .at_most(16)
        .keyed_by_or("name", "")
        .rules(&[rule("backend reference name must not be empty", |references| {
            items(references).iter().all(|reference| !text_or(reference, "name", "").is_empty())
        })]),
)]);

static ACCOUNT: Schema = any_text().at_least(1).at_most(12).like(&ACCOUNT_DIGITS);
static ACCOUNT_DIGITS: Form = Form::compiled("^[0-9]{12}$");

static AWS: Schema = object(&[
    may("accountId", &ACCOUNT),
    may("auth", &AWS_AUTH),
    may("ec2", &EC2),
    may("lambda", &LAMBDA),
    may("region", &any_text().at_least(1).at_most(63).like(&REGION)),
])
.rules(&[
    rule("accountId must be specified on aws or aws.lambda for lambda backends", |aws| {
        let lambda = get(aws, "lambda");
        lambda.is_none_or(|lambda| has(aws, "accountId") || has(lambda, "accountId"))
    }),
    exactly_one!("lambda", "ec2"),
]);

static REGION: Form = Form::compiled("^[a-z0-9-]+$");

static AWS_AUTH: Schema = object(&[
    may("assumeRole", &object(&[must("roleArn", &any_text().at_least(1).at_most(2048).like(&ROLE))])),
    may("secretRef", &LOCAL_NAME),
    must("type", &word(&["Secret", "AssumeRole"])),
])
.rules(&[
    rule("secretRef must be nil if the type is not 'Secret'", |auth| {
        !has(auth, "secretRef") || text(auth, "type") == Some("Secret")
    }),
    rule("secretRef must be specified when type is 'Secret'", |auth| {
        has(auth, "secretRef") || text(auth, "type") != Some("Secret")
    }),
    rule("assumeRole must be nil if the type is not 'AssumeRole'", |auth| {
        !has(auth, "assumeRole") || text(auth, "type") == Some("AssumeRole")
    }),
    rule("assumeRole must be specified when type is 'AssumeRole'", |auth| {
        has(auth, "assumeRole") || text(auth, "type") != Some("AssumeRole")
    }),
]);

static ROLE: Form = Form::compiled("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$");

static EC2: Schema = object(&[
    may("addressType", &word(&["PrivateIP", "PublicIP"])),
    may("filters", &list(&EC2_FILTER).at_most(16)),
    may("port", &any_integer()),
]);

static TAG_KEY: Schema = any_text().at_least(1).at_most(128);

static EC2_FILTER: Schema = object(&[
    may("key", &TAG_KEY),
    may("keyValue", &object(&[must("key", &TAG_KEY), must("value", &any_text().at_least(1).at_most(256))])),
])
.rules(&[exactly_one!("key", "keyValue")]);

static LAMBDA: Schema = object(&[
    may("accountId", &ACCOUNT),
    may("endpointURL", &any_text().at_most(2048).like(&ENDPOINT)),
    must("functionName", &any_text().like(&FUNCTION)),
    may("invocationMode", &word(&["Sync", "Async"])),
    may("payloadTransformMode", &word(&["None", "Envoy"])),
    may("qualifier", &any_text().like(&QUALIFIER)),
]);

static ENDPOINT: Form = Form::compiled("^https?://[-a-zA-Z0-9@:%.+~#?&/=]+$");
static FUNCTION: Form = Form::compiled("^[A-Za-z0-9-_]{1,140}$");
static QUALIFIER: Form = Form::compiled(r"^(\$LATEST|[0-9]+|[A-Za-z0-9-_]{1,128})$");

pub(in crate::admission) static DIRECT_RESPONSE: Schema = object(&[must(
    "spec",
    &object(&[
        may("body", &any_text().at_least(1).at_most(4096)),
        may("bodyFormat", &BODY_FORMAT),
        must("status", &integer(200, 599)),
    ])
    .rules(&[at_most_one!("body", "bodyFormat")]),
)]);
