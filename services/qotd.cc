// SPDX-License-Identifier: ISC
// RFC 865: a quotation, and the connection is closed. They come from a file in fortune's form,
// quotations between lines that are only `%`, or are our own.
#include <fstream>
#include <stdexcept>

#include "services/builtins.h"
#include "services/random_numbers.h"
#include "services/service_context.h"

namespace minetd {
namespace {

constexpr std::size_t quote_max = 512;  // "should be limited to less than 512 characters"

constexpr std::string_view ours[] = {
    "A server that is idle has already answered the next request.\r\n",
    "The limit you did not set is the one you will find out about.\r\n",
    "Every queue is somebody waiting.\r\n",
    "What cannot be refused cannot be promised.\r\n",
    "An error message is read by the one person who has no time.\r\n",
    "It worked before the change is a theory about the change.\r\n",
    "The quick reply is kind; the true one is faster.\r\n",
};

class Qotd final : public Handler {
  public:
    explicit Qotd(std::vector<std::string> quotes) : quotes_(std::move(quotes)) {}

    Next on_open(Connection& connection) noexcept override {
        connection.send(choose());
        return Next::close;
    }

    Next on_input(Connection&) noexcept override { return Next::close; }

    void on_datagram(Datagram& datagram) noexcept override { datagram.reply(choose()); }

  private:
    const std::string& choose() noexcept { return quotes_[numbers_.next() % quotes_.size()]; }

    std::vector<std::string> quotes_;
    RandomNumbers numbers_;
};

/// Quotations that are empty or too long for the RFC are left out.
std::vector<std::string> read_quotes(const std::string& path) {
    std::ifstream lines(path);
    if (!lines) throw std::runtime_error("qotd: cannot read the quotations in " + path);
    std::vector<std::string> quotes;
    std::string quote;
    const auto finish = [&] {
        if (!quote.empty() && quote.size() <= quote_max) quotes.push_back(std::move(quote));
        quote.clear();
    };
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line == "%")
            finish();
        else if (quote.size() <= quote_max)
            quote += line + "\r\n";
    }
    finish();
    if (quotes.empty())
        throw std::runtime_error("qotd: " + path +
                                 " has no quotation of at most 512 bytes; they are separated by "
                                 "lines that are only `%`");
    return quotes;
}

}  // namespace

std::unique_ptr<Handler> make_qotd(const ServiceContext& context) {
    return std::make_unique<Qotd>(context.arguments.empty()
                                      ? std::vector<std::string>(std::begin(ours), std::end(ours))
                                      : read_quotes(context.arguments.front()));
}

}  // namespace minetd
