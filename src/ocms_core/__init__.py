"""
OCMS core: the rules of offence case management as pure functions over facts.

This is the list of what a consumer may rely on. What is named here keeps its name, its arguments, its
types and its meaning within a major version (semantic versioning). A minor version may add: a name, an
argument or a field with a default, a kind of `Change`, a `Code`, an `Operation`. Everything else may change
with any version, and so may texts for people, the order of changes, and `repr()`.

Every capability has the same parts: `service` does a whole call on a store of your own (`ports` says what
it must do), `request_checks` or `request_reader` turn a JSON body into the request of a service or into its
refusal, `facts` are what decisions look at, and the other modules decide, one rule to a function.

Every capability, with each class that `Change` is a union of:

    ocms_core.kernel.changes: Change, notice_of, by_notice
    ocms_core.kernel.codes: Code
    ocms_core.kernel.dates: SINGAPORE, singapore, local, today, timestamp, calendar_day
    ocms_core.kernel.decisions: Answer, Decision, Refusal
    ocms_core.kernel.errors: OcmsError, Conflict, RowRejected, Unavailable
    ocms_core.kernel.explanations: Explanation
    ocms_core.kernel.money: money
    ocms_core.kernel.notice_numbers: is_notice_no
    ocms_core.kernel.identity_numbers: NRIC, FIN, UEN, PASSPORT, identity
    ocms_core.kernel.offender_details: OWNER, HIRER, DRIVER, DIRECTOR, Person, MailingAddress, RoleHolder
    ocms_core.kernel.offender_details: FurnishDetail
    ocms_core.kernel.addresses: RegisteredAddress, AddressAnswer
    ocms_core.kernel.reference: Reference, facts_on
    ocms_core.kernel.dated_values: DatedValues, DatedValue, ReasonTerms
    ocms_core.kernel.reference_defaults: STAGE_MAP, NEXT_STAGE, STAGE_DAYS, SUSPENSION_REASONS
    ocms_core.kernel.stages: STAGES, BEFORE_COURT, OPEN_TO_CHANGE
    ocms_core.kernel.stage_moves: StageMove, NextStage, StageChange
    ocms_core.kernel.suspensions: SuspensionReason, ShownSuspension, OpenSuspension, SuspensionRecord
    ocms_core.kernel.suspensions: Suspensions
    ocms_core.kernel.access: Role, Operation, Principal, OPERATIONS, may
    ocms_core.kernel.unit_of_work: Store
    ocms_core.kernel.report_store: ReportStore, StoredReport
    ocms_core.kernel.sheets: Sheet, Column, CellKind
    ocms_core.kernel.audit: AuditRow, RowChange
    ocms_core.kernel.actors: Actor
    ocms_core.kernel.dry_runs: DryRunStores, DryRunDelivery
    ocms_core.kernel.idempotency: IdempotentCall, IdempotencyKey, KeyOrigin, StoredAnswer, AnswerStore
    ocms_core.kernel.idempotency: RepeatedCall, AlreadyAnswered, StillRunning, KeyReused

Court and payment (contract 1):

    ocms_core.court.service: get_payment_status, update_court_notices, query_notice_info
    ocms_core.court.ports: CourtReader, CourtStore, CourtStores
    ocms_core.court.request_checks: notice_numbers, court_updates, CourtUpdate
    ocms_core.court.facts: NoticePaymentStatus, CourtNotice, CourtFacts, PlusNotice
    ocms_core.court.court_notices: is_court_notice, update_outcome, UpdateOutcome
    ocms_core.court.plus_query: payment_allowance
    ocms_core.court.explaining: explain

Change of processing stage (contract 2):

    ocms_core.stages.service: search_notices, validate, submit, preview, plus_change, update_toppan_stages
    ocms_core.stages.service: publish, list_reports, download, ReportLink
    ocms_core.stages.ports: StageReader, StageStore, StageStores, WritingStageStores
    ocms_core.stages.request_checks: criteria, change_items, validation, date_range, report_id
    ocms_core.stages.request_checks: Criteria, ChangeItem, Validation, DateRange
    ocms_core.stages.request_fields: InvalidRequest
    ocms_core.stages.client_checks: plus_change, PlusChange, toppan_run, ToppanRun
    ocms_core.stages.facts: StageNotice, StageFacts, ToppanFacts, EntryChange, FoundNotice, Offender, day_of
    ocms_core.stages.eligibility: eligibility, Eligible, RequestedChange, OffenderType, offender_type
    ocms_core.stages.notice_state: NoticeDetails
    ocms_core.stages.officer_changes: validate, status
    ocms_core.stages.stage_transition: StageTransition
    ocms_core.stages.search: SearchResult, SearchRow
    ocms_core.stages.toppan: ToppanResult
    ocms_core.stages.reports: ReportBatch, ReportEntry, OfficerDay, DailyReport
    ocms_core.stages.amounts: amount_payable, missing_fee
    ocms_core.stages.explaining: explain

Offenders (contract 3):

    ocms_core.offenders.service: check_eligibility, offenders_of, history_of, furnish, redirect, update
    ocms_core.offenders.service: ActionOutcome
    ocms_core.offenders.ports: OffenderReader, OffenderStore, OffenderStores
    ocms_core.replication.ports: Delivery
    ocms_core.offenders.request_reader: parse_role_request, parse_notice_request, parse_timeline_page
    ocms_core.offenders.request_reader: parse_furnish, parse_redirect, parse_update
    ocms_core.offenders.request_reader: RoleRequest, TimelinePage, FurnishRequest, ParticularsPatch, Violation
    ocms_core.offenders.facts: OffenderNotice, AssigneeOnHstList, PastAssignment
    ocms_core.offenders.eligibility: eligibility, Eligibility, furnish_refusal, is_furnishable
    ocms_core.offenders.eligibility: is_redirectable, buttons, Buttons
    ocms_core.offenders.effects: RoleAssigned
    ocms_core.offenders.timeline: NoticeHistory, TimelineEvent, newest_first
    ocms_core.offenders.timeline: TimelineStageChange, TimelineSuspension, PaymentMark, CourtMark
    ocms_core.offenders.explaining: explain

HST suspension (contract 4):

    ocms_core.hst.service: find, apply, update, revive, show_list
    ocms_core.hst.batch_jobs: suspend_hst_new_notices, loop_hst_suspensions
    ocms_core.hst.address_check: query_hst_addresses, query_datahive
    ocms_core.hst.mha_exchange: send_mha_requests, receive_mha_responses
    ocms_core.hst.reporting: generate_hst_reports
    ocms_core.hst.ports: HstReader, HstStore, HstStores, MhaExchange, DataHive, ReportMailer, Alerts
    ocms_core.hst.request_checks: enquiry, application, update, revival, list_query
    ocms_core.hst.request_checks: HstApplication, HstUpdate, HstRevival, HstListQuery
    ocms_core.hst.facts: ListedIdentity, HstNotice, IdentityFacts, KnownOffender, ListedRow, JobResult
    ocms_core.hst.facts: CheckedIdentity, UnreportedAnswer, DataHiveAnswers, Statistics
    ocms_core.hst.listing: HstListPage
    ocms_core.hst.explaining: explain

Check of suspensions (all contracts):

    ocms_core.suspensions.service: check, repair, CheckedNotice, Outcome
    ocms_core.suspensions.ports: SuspensionReader, SuspensionStore, SuspensionStores
    ocms_core.suspensions.facts: NoticeSuspensions, SuspensionFacts
    ocms_core.suspensions.contradictions: contradiction, Contradiction, Correction

Reversals (contracts 2, 3 and 4):

    ocms_core.reversals.service: reverse, reverse_hst
    ocms_core.reversals.ports: ReversalReader, ReversalStore, ReversalStores
    ocms_core.reversals.reversing: STAGE_REVERSAL, OFFENDER_REVERSAL, HST_REVERSAL, ReversalKind, Reversed
    ocms_core.reversals.facts: ReversalFacts, ReversibleNotice, IdentityReversalFacts
    ocms_core.reversals.explaining: reversible_changes, reversible_list_change, ReversibleChange, explain

`docs/howto/use-the-core.md` shows the three ways to use it.
"""
