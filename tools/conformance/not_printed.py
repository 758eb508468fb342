"""What is no case of the kit, with the reason: files of the specification or their folders, and tests."""

EVERY_TEST = "every test"

DECISIONS = (
    "it puts facts in memory to a function of the core, not rows to a system; the cases over HTTP show the"
    " same rules from outside"
)
INSIDE = "it is about this product's own inside"
FAILING = "it rests on a database or a store that fails, which no target can be asked for"
AT_ONCE = "it calls several servers at once"
DRAWN = "it draws what it sends; the property level of the kit has laws of its own"
PAGES = "it is about pages that this product alone has"

OTHER_ROWS = "what it finds depends on whatever else a system holds"

NOT_PRINTED = {
    "spec/court": DECISIONS,
    "spec/failing_ports": FAILING,
    "spec/hst": f"{DECISIONS}; its refusals of fields are sent by test_fields.py",
    "spec/jobs": f"{DECISIONS}; hst/test_jobs.py runs jobs",
    "spec/kernel": DECISIONS,
    "spec/offenders": f"{DECISIONS}; its refusals of fields are sent by test_fields.py",
    "spec/replication": "the outbox and the Internet database are not a target's to show",
    "spec/reversals": DECISIONS,
    "spec/stages": f"{DECISIONS}; its refusals of fields are sent by test_fields.py",
    "spec/state_space": "it goes through the decisions of the core, not through calls",
    "spec/suspensions": DECISIONS,
    "spec/test_rule_index.py": INSIDE,
    "spec/http/offenders/test_internet.py": "the Internet database is not a target's to show",
    "spec/http/stages/test_faults.py": FAILING,
    "spec/http/stages/test_hostile_input.py": DRAWN,
    "spec/http/stages/test_signed_links.py": "it takes links apart that this product alone signs so",
    "spec/http/test_access_records.py": f"{INSIDE}: its records of who has looked",
    "spec/http/test_audited_calls.py": f"{INSIDE}: its audit rows",
    "spec/http/test_bad_rows.py": f"{FAILING}, and on batches of five hundred",
    "spec/http/test_canaries.py": f"{INSIDE}: what its logs and pages say of people",
    "spec/http/test_conformance_jobs.py": "it tests the kit",
    "spec/http/test_conformance_kit.py": "it tests the kit",
    "spec/http/test_conformance_properties.py": "it tests the kit",
    "spec/http/test_description.py": f"{INSIDE}: its own API description",
    "spec/http/test_dry_run_property.py": DRAWN,
    "spec/http/test_empty_texts.py": "it sends hundreds of calls and looks at every column of every table",
    "spec/http/test_grants.py": f"{INSIDE}: the grants of its database roles",
    "spec/http/test_logs.py": f"{INSIDE}: its logs",
    "spec/http/test_lost_commits.py": FAILING,
    "spec/http/test_pages.py": PAGES,
    "spec/http/test_paths.py": "it writes paths to the socket that no client sends, hundreds in one test",
    "spec/http/test_races.py": AT_ONCE,
    "spec/http/test_refusing_databases.py": FAILING,
    "spec/http/test_reversal_property.py": DRAWN,
    "spec/http/test_statements.py": f"{INSIDE}: its SQL statements",
    "spec/http/test_stuck_cases.py": "its list of all that is stuck depends on whatever else a system holds",
    "spec/http/test_time_zones.py": "it starts machines in other time zones",
    "web/authentication": "it makes tokens and keys of an issuer of its own",
    "web/portal": PAGES,
    **dict.fromkeys(
        (
            *("web/test_app.py", "web/test_bodies.py", "web/test_field_sources.py", "web/test_guide.py"),
            *("web/test_json_codec.py", "web/test_observability.py", "web/test_offender_envelope.py"),
            *("web/test_proxy_samples.py", "web/test_repeats.py", "web/test_shapes.py"),
        ),
        f"{INSIDE}: it calls the application in its own process",
    ),
    "web/test_signed_files.py": FAILING,
    "web/test_stage_calls.py": FAILING,
}

# Tests of files that are printed, by their function, or by one of its parameters.
NO_CASE = {
    "test_a_body_too_deep_to_be_compared_is_malformed": (
        "how deep a body may be is each system's own; that it is answered at all, test_hostile_input.py shows"
    ),
    "test_a_search_finds_all_that_one_criterion_holds_for": OTHER_ROWS,
    "test_the_report_list_by_get_and_by_post_names_workbooks_that_download[2025]": OTHER_ROWS,
    "test_a_notice_whose_fee_is_not_set_keeps_all_of_them[no row]": (
        "another system may have set the fee; that one that is no sum counts alike is a case"
    ),
    "test_a_link_nobody_signed_opens_nothing": "where a link leads is each system's own",
}
