// SPDX-License-Identifier: ISC
// RFC 1078: the client names a service, and gets it on the same connection. This side only reads
// the name; the superdaemon starts what its own table says under it, and sends the `+` where the
// entry asks minetd to.
#include <strings.h>

#include <algorithm>
#include <string>

#include "services/builtins.h"
#include "services/service_context.h"

namespace minetd {
namespace {

constexpr std::size_t name_max = 256;

constexpr std::string_view unavailable = "-Service not available\r\n";
constexpr std::string_view too_long = "-Service name too long\r\n";
constexpr std::string_view unfinished = "-Service name not terminated by CRLF\r\n";

bool same_name(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

struct Request {
    std::string line;  ///< what has arrived of the name
};

class Tcpmux final : public Handler {
  public:
    explicit Tcpmux(const ServiceContext& context) noexcept : names_(context.mux_names) {}

    Next on_open(Connection& connection) noexcept override {
        // What follows the name belongs to the service it names, and must stay in the socket.
        connection.set_read_ahead(1);
        return Next::read;
    }

    Next on_input(Connection& connection) noexcept override {
        if (connection.pass_declined()) return refuse(connection, unavailable);

        std::string& line = connection.state<Request>().line;
        const std::string_view input = connection.input();
        const std::size_t end = input.find('\n');
        // The byte over the limit is the CR of a name that just fits.
        line += input.substr(0, std::min(end, name_max + 2 - line.size()));
        connection.consume(end == input.npos ? input.size() : end + 1);

        if (end == input.npos) {
            if (line.size() > name_max + 1) return refuse(connection, too_long);
            connection.in_request(!line.empty());
            if (!connection.input_ended()) return Next::read;
            return line.empty() ? Next::close : refuse(connection, unfinished);
        }
        connection.in_request(false);
        connection.count_request();
        if (line.ends_with('\r')) line.pop_back();
        return line.size() > name_max ? refuse(connection, too_long) : answer(connection, line);
    }

  private:
    Next answer(Connection& connection, std::string_view asked) const noexcept {
        if (same_name(asked, "help")) {
            for (const std::string& name : names_) {
                connection.send(name);
                connection.send("\r\n");
            }
            return Next::close;
        }
        const auto found = std::ranges::find_if(
            names_, [asked](const std::string& name) { return same_name(asked, name); });
        if (found == names_.end()) return refuse(connection, unavailable);
        connection.pass_to(*found);
        return Next::close;
    }

    // The client's own words are never sent back: they are no name of ours.
    static Next refuse(Connection& connection, std::string_view why) noexcept {
        connection.send(why);
        return Next::close;
    }

    const std::vector<std::string>& names_;
};

}  // namespace

std::unique_ptr<Handler> make_tcpmux(const ServiceContext& context) {
    return std::make_unique<Tcpmux>(context);
}

}  // namespace minetd
