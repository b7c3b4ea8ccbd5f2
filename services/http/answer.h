// SPDX-License-Identifier: ISC
// What goes back for one request: chosen from the request and the file, and queued.
#pragma once

#include <ctime>
#include <string_view>

#include "services/connection.h"
#include "services/http/files.h"
#include "services/http/request.h"

namespace minetd::http {

/// Queues the answer to a request. `keep_alive`: whether the connection serves another one after
/// it; what the answer says about that is so.
void answer(Connection& connection, Files& files, const Request& request, bool keep_alive,
            std::time_t now) noexcept;

/// A request that is to be answered.
struct Answering {
    Connection& connection;
    const Request& request;
    bool keep_alive;
    std::time_t now;
};
/// One more field of a head; without a name there is none.
struct Field {
    std::string_view name, value;
};
/// Queues `text` as the answer; its body only where the request asks for one.
void answer_text(const Answering& to, int status, std::string_view type, std::string_view text,
                 Field field = {});
/// The same with the small page that says what `status` means.
void answer_status(const Answering& to, int status, Field field = {});

/// Queues a page for a request that could not be understood; the connection closes after it.
void refuse(Connection& connection, int status, std::time_t now) noexcept;

}  // namespace minetd::http
