// SPDX-License-Identifier: ISC
// What all services do, over HTTP: mod_status's text for monitoring, JSON, and a page for people.
//   / and /server-status     all services; /NAME or ?service=NAME: one of them
//   ?auto ?json              the form; else a page, with ?refresh=SECONDS and ?notable
#include "services/builtins.h"
#include "services/http/answer.h"
#include "services/http/request_handler.h"
#include "services/http/target.h"
#include "services/service_context.h"
#include "services/status/query.h"
#include "services/status/summary.h"
#include "services/status/texts.h"

namespace minetd {
namespace {

using status::Query;

class Status final : public http::RequestHandler {
  public:
    explicit Status(const status::Source* source) noexcept : source_(source) {}

  private:
    void answer(Connection& connection, const http::Request& request, bool keep_alive,
                std::time_t now) noexcept override {
        using Method = http::Request::Method;
        const http::Answering to{connection, request, keep_alive, now};
        if (request.method != Method::get && request.method != Method::head)
            return answer_status(to, 405, {"Allow", "GET, HEAD"});
        http::TargetParts target;
        if (!http::split_target(request.target, target)) return answer_status(to, 400);
        Query asked;
        if (const int status = parse_query(target.path, target.query, asked); status != 0)
            return answer_status(to, status);
        show(to, asked);
    }

    void show(const http::Answering& to, const Query& asked) const {
        const status::Snapshot snapshot = source_ ? source_->snapshot() : status::Snapshot();
        const status::Service* only = nullptr;
        if (!asked.service.empty()) {
            only = find_service(snapshot, asked.service);
            if (only == nullptr) return answer_status(to, 404);
        }
        constexpr http::Field fresh{"Cache-Control", "no-store"};
        switch (asked.form) {
            case Query::Form::plain:
                return answer_text(to, 200, "text/plain; charset=utf-8", auto_text(snapshot, only),
                                   fresh);
            case Query::Form::json:
                return answer_text(to, 200, "application/json", json_text(snapshot, only), fresh);
            case Query::Form::page:
                return answer_text(
                    to, 200, "text/html; charset=utf-8",
                    page(snapshot, only, {.refresh = asked.refresh, .table = asked.table}), fresh);
        }
    }

    const status::Source* source_;
};

}  // namespace

std::unique_ptr<Handler> make_status(const ServiceContext& context) {
    return std::make_unique<Status>(context.status);
}

}  // namespace minetd
