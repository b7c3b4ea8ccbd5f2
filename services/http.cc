// SPDX-License-Identifier: ISC
// Static files over HTTP/1.1 and 1.0 (RFC 9110, 9112), from the directory that the line names:
// `internal http /srv/www [INDEX...]`.
#include <stdexcept>

#include "services/builtins.h"
#include "services/http/answer.h"
#include "services/http/files.h"
#include "services/http/request_handler.h"
#include "services/service_context.h"

namespace minetd {
namespace {

std::vector<std::string> indexes_of(const std::vector<std::string>& arguments) {
    if (arguments.size() < 2) return {"index.html"};
    return {arguments.begin() + 1, arguments.end()};
}

const std::string& directory_of(const std::vector<std::string>& arguments) {
    if (arguments.empty())
        throw std::runtime_error(
            "http: name the directory to serve, as in `internal http /srv/www`");
    return arguments.front();
}

class Http final : public http::RequestHandler {
  public:
    explicit Http(const std::vector<std::string>& arguments)
        : files_(directory_of(arguments), indexes_of(arguments)) {}

  private:
    void answer(Connection& connection, const http::Request& request, bool keep_alive,
                std::time_t now) noexcept override {
        http::answer(connection, files_, request, keep_alive, now);
    }

    http::Files files_;
};

}  // namespace

std::unique_ptr<Handler> make_http(const ServiceContext& context) {
    return std::make_unique<Http>(context.arguments);
}

}  // namespace minetd
