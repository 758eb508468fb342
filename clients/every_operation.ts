// Calls every operation of a running OCMS through a client typed by its API description.
//
//   node every_operation.ts BASE_URL CREDENTIALS
//
// CREDENTIALS is a JSON object: the headers of a caller for each operation id. Prints the operation id and the
// status of each call.

import createClient from "openapi-fetch";
import type { paths } from "./ocms.d.ts";

declare const process: { argv: string[] };
declare const console: { log(line: string): void };

const [, , baseUrl, credentials] = process.argv;
const headersOf: Record<string, Record<string, string>> = JSON.parse(credentials);
const client = createClient<paths>({ baseUrl });

async function call(operationId: string, send: (headers: Record<string, string>) => Promise<{ response: Response }>) {
  const { response } = await send(headersOf[operationId]);
  console.log(`${operationId} ${response.status}`);
}

const noticeNo = "500500303J";
const idNo = "S1234567A";
const request = {
  requestId: "550e8400-e29b-41d4-a716-446655440000",
  requestTimestamp: "2025-01-14T10:30:00+08:00",
};
const address = {
  postalCode: "123456",
  blkHseNo: "123",
  streetName: "Example Street",
  floorNo: "01",
  unitNo: "01",
  bldgName: "Example Building",
};
const person = { idType: "NRIC", idNo, name: "JOHN LEE" } as const;
const days = { startDate: "2025-01-01", endDate: "2025-01-31" };
const reportId = "ChangeStageReport_20250115_USER01";

await call("cas-getPaymentStatus", (headers) =>
  client.POST("/v1/ocms/cas-getPaymentStatus", {
    headers,
    body: { ...request, notices: [{ noticeNo: "1234567890" }] },
  }),
);
await call("cas-updateCourtNotices", (headers) =>
  client.POST("/v1/ocms/cas-updateCourtNotices", {
    headers,
    body: { ...request, notices: [{ noticeNo: "1234567890", suspensionType: "PS", processingStage: "WAR" }] },
  }),
);
await call("plus-queryNoticeInfo", (headers) =>
  client.POST("/v1/plus-queryNoticeInfo", {
    headers,
    body: { ...request, notices: [{ noticeNo: "1234567890" }] },
  }),
);

await call("searchChangeProcessingStage", (headers) =>
  client.POST("/ocms/v1/change-processing-stage/search", { headers, body: { noticeNo: "N-001" } }),
);
await call("validateChangeProcessingStage", (headers) =>
  client.POST("/ocms/v1/change-processing-stage/validate", {
    headers,
    body: { notices: [{ noticeNo: "N-001" }], newProcessingStage: "DN2", reasonOfChange: "SUP" },
  }),
);
await call("changeProcessingStage", (headers) =>
  client.POST("/ocms/v1/change-processing-stage", {
    headers,
    body: { items: [{ noticeNo: "N-001", newStage: "DN2", reason: "SUP" }] },
  }),
);
await call("reverseChangeProcessingStage", (headers) =>
  client.POST("/ocms/v1/change-processing-stage/reverse", { headers, body: { items: [{ noticeNo: "N-001" }] } }),
);
await call("getChangeStageReports-get", (headers) =>
  client.GET("/ocms/v1/change-processing-stage/reports", { headers, params: { query: days } }),
);
await call("getChangeStageReports", (headers) =>
  client.POST("/ocms/v1/change-processing-stage/reports", { headers, body: days }),
);
await call("downloadChangeStageReport-get", (headers) =>
  client.GET("/ocms/v1/change-processing-stage/report/{reportId}", {
    headers,
    params: { path: { reportId } },
    parseAs: "blob",
  }),
);
await call("downloadChangeStageReport", (headers) =>
  client.POST("/ocms/v1/change-processing-stage/report/download", {
    headers,
    body: { reportId },
    parseAs: "blob",
  }),
);
await call("plusChangeProcessingStage", (headers) =>
  client.POST("/ocms/v1/external/plus/change-processing-stage", {
    headers,
    body: { noticeNo: ["N-001"], lastStageName: "ROV", nextStageName: "RD1", source: "005" },
  }),
);
await call("updateToppanStages", (headers) =>
  client.POST("/ocms/v1/internal/toppan/update-stages", {
    headers,
    body: { noticeNumbers: ["N-001"], currentStage: "RD1", processingDate: "2025-12-19T00:30:00" },
  }),
);

await call("offender-checkEligibility", (headers) =>
  client.POST("/api/v1/notice/offender/check-eligibility", {
    headers,
    body: { noticeNo, offenderType: "HIRER" },
  }),
);
await call("offender-furnish", (headers) =>
  client.POST("/api/v1/notice/offender/furnish", {
    headers,
    body: { noticeNo, offenderType: "HIRER", ...person },
  }),
);
await call("offender-redirect", (headers) =>
  client.POST("/api/v1/notice/offender/redirect", {
    headers,
    body: { noticeNo, fromOffenderType: "HIRER", toOffenderType: "DRIVER", ...person },
  }),
);
await call("offender-update-patch", (headers) =>
  client.PATCH("/api/v1/notice/offender/update", {
    headers,
    body: { noticeNo, offenderType: "DRIVER", contactNo: "98765432", email: null },
  }),
);
await call("offender-update", (headers) =>
  client.POST("/api/v1/notice/offender/update", {
    headers,
    body: { noticeNo, offenderType: "DRIVER", address: { unitNo: "02-02" } },
  }),
);
await call("offender-reverse", (headers) =>
  client.POST("/api/v1/notice/offender/reverse", { headers, body: { noticeNos: [noticeNo] } }),
);
await call("offender-getDetails-get", (headers) =>
  client.GET("/api/v1/notice/offender/{noticeNo}", { headers, params: { path: { noticeNo } } }),
);
await call("offender-getDetails", (headers) =>
  client.POST("/api/v1/notice/offender/get-details", { headers, body: { noticeNo } }),
);
await call("notice-getTimeline-get", (headers) =>
  client.GET("/api/v1/notice/{noticeNo}/timeline", {
    headers,
    params: { path: { noticeNo }, query: { skip: 0, limit: 20 } },
  }),
);
await call("notice-getTimeline", (headers) =>
  client.POST("/api/v1/notice/timeline", { headers, body: { noticeNo, limit: 20 } }),
);

await call("hstexists", (headers) => client.POST("/hstexists", { headers, body: { idNo } }));
await call("apply-hst", (headers) =>
  client.POST("/v1/apply-hst", { headers, body: { idNo, idType: "N", name: "John Tan", ...address } }),
);
await call("update-hst-by-idNo", (headers) =>
  client.POST("/v1/update-hst/{idNo}", {
    headers,
    params: { path: { idNo } },
    body: { name: "John Tan Updated", ...address },
  }),
);
await call("update-hst", (headers) =>
  client.POST("/v1/update-hst", { headers, body: { idNo, name: "John Tan Updated", ...address } }),
);
await call("revive-hst", (headers) =>
  client.POST("/v1/revive-hst", { headers, body: { idNo, revivalReason: "New address confirmed valid" } }),
);
await call("reverse-hst", (headers) => client.POST("/v1/reverse-hst", { headers, body: { idNo } }));
await call("hstlist", (headers) => client.POST("/hstlist", { headers, body: { $skip: 0, $limit: 10 } }));
