// SPDX-License-Identifier: ISC
// What every service that speaks HTTP does with a connection: takes one request after the other
// from its input, refuses what it cannot understand, throws bodies away, and keeps the connection
// where it may. What the answer is, is the service's own matter.
#pragma once

#include <ctime>

#include "services/handler.h"
#include "services/http/request.h"

namespace minetd::http {

class RequestHandler : public Handler {
  public:
    Next on_input(Connection& connection) noexcept final { return answer_all(connection); }
    Next on_drained(Connection& connection) noexcept final { return answer_all(connection); }

  protected:
    /// Queues the answer. `keep_alive`: whether the connection serves another request after it;
    /// what the answer says about that is so.
    virtual void answer(Connection& connection, const Request& request, bool keep_alive,
                        std::time_t now) noexcept = 0;

  private:
    Next answer_all(Connection& connection) noexcept;
    bool serve_request(Connection& connection) noexcept;
};

}  // namespace minetd::http
