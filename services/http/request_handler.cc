// SPDX-License-Identifier: ISC
#include "services/http/request_handler.h"

#include <algorithm>

#include "services/http/answer.h"

namespace minetd::http {
namespace {

// From here on the client must read before its next requests are answered.
constexpr std::size_t owed_high = 64 * 1024;
// A body says nothing to a server that only tells; one that is longer costs the connection.
constexpr std::uint64_t body_max = 64 * 1024;

/// Where a connection is between two steps.
struct Progress {
    HeadScanner scanner;
    std::uint64_t body_left = 0;  ///< of the last request's body, to be thrown away
};

void drop_body(Connection& connection, Progress& progress) noexcept {
    const auto count = std::min<std::uint64_t>(progress.body_left, connection.input().size());
    connection.consume(count);
    progress.body_left -= count;
}

Next refuse_and_close(Connection& connection, int status) noexcept {
    refuse(connection, status, std::time(nullptr));
    return Next::close;
}

}  // namespace

/// Answers what has arrived, one request after the other.
Next RequestHandler::answer_all(Connection& connection) noexcept {
    Progress& progress = connection.state<Progress>();
    // A file is open while it is owed: at most one for each connection.
    while (connection.owed() < owed_high && !connection.output_queue().has_file()) {
        drop_body(connection, progress);
        HeadScanner& scanner = progress.scanner;
        const int scanned =
            progress.body_left > 0 ? HeadScanner::more : scanner.scan(connection.input());
        if (scanned == HeadScanner::more) {
            connection.in_request(progress.body_left > 0);
            return connection.input_ended() ? Next::close : Next::read;
        }
        connection.count_request();
        if (scanned != HeadScanner::whole) return refuse_and_close(connection, scanned);
        if (!serve_request(connection)) return Next::close;
        connection.consume(scanner.size());
        scanner = {};
    }
    return Next::write;
}

/// Whether another request may follow on this connection.
bool RequestHandler::serve_request(Connection& connection) noexcept {
    Progress& progress = connection.state<Progress>();
    Request request;
    if (const int status = parse_request(progress.scanner.head(connection.input()), request);
        status != 0)
        return refuse_and_close(connection, status) != Next::close;
    if (request.content_length > body_max) return refuse_and_close(connection, 413) != Next::close;
    // Without a 100 the body may come or not: nobody knows where the next request begins.
    const bool body_awaited = request.expects_continue && request.content_length > 0;
    const bool keep_alive = request.keep_alive && !body_awaited;
    answer(connection, request, keep_alive, std::time(nullptr));
    progress.body_left = request.content_length;
    return keep_alive;
}

}  // namespace minetd::http
