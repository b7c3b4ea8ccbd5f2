// SPDX-License-Identifier: ISC
// libFuzzer target: what a client says to the http builtin, in pieces. The first byte is the size
// of a read. Whatever is said, the answers are the same in one piece, and nothing that lies
// outside the directory is in them.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "services/builtins.h"
#include "services/service_context.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace minetd;

class Served {
  public:
    Served() {
        char name[] = "/tmp/minetd-fuzz-XXXXXX";
        if (::mkdtemp(name) == nullptr) std::abort();
        top_ = name;
        std::filesystem::create_directories(top_ / "www/dir");
        std::ofstream(top_ / "secret") << "outside";
        std::ofstream(top_ / "www/index.html") << "index";
        std::ofstream(top_ / "www/dir/index.html") << "in dir";
        std::ofstream(top_ / "www/large") << std::string(20'000, 'l');
        // Old enough for a tag that stays as it is.
        for (const char* file : {"www/index.html", "www/dir/index.html", "www/large"})
            std::filesystem::last_write_time(
                top_ / file, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
        std::filesystem::create_symlink("../secret", top_ / "www/out");
        context_.arguments = {top_ / "www"};
        handler = make_http(context_);
    }
    ~Served() { std::filesystem::remove_all(top_); }

    std::unique_ptr<Handler> handler;

  private:
    std::filesystem::path top_;
    ServiceContext context_;
};

/// What is answered, files as one byte for each of theirs.
std::string converse(Handler& handler, std::string_view said, std::size_t piece) {
    Connection connection({}, {});
    std::string answers;
    Next next = handler.on_open(connection);
    for (;;) {
        OutputQueue& output = connection.output_queue();
        while (!output.empty()) {
            const std::string_view bytes = output.bytes();
            const std::size_t count = bytes.empty() ? output.file().length : bytes.size();
            answers += bytes.empty() ? std::string(count, 'f') : std::string(bytes);
            output.consume(count);
            if (output.empty() && next != Next::close) next = handler.on_drained(connection);
        }
        if (next == Next::close) return answers;
        if (next == Next::write) std::abort();  // for output that is not owed
        if (connection.input_ended()) std::abort();
        if (connection.input().size() >= connection.read_ahead()) std::abort();
        if (said.empty()) {
            connection.end_input();
        } else {
            connection.input_queue().append(said.substr(0, piece));
            said.remove_prefix(std::min(piece, said.size()));
        }
        next = handler.on_input(connection);
    }
}

/// Moments differ between two conversations, and the boundaries of parts do not.
void blank_dates(std::string& text) {
    for (std::size_t at = 0; (at = text.find("\r\nDate: ", at)) != text.npos; at += 8)
        text.replace(at + 8, 29, 29, '-');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Served served;
    if (size == 0) return 0;
    const std::string_view said(reinterpret_cast<const char*>(data + 1), size - 1);
    std::string whole = converse(*served.handler, said, 16 * 1024);
    std::string pieces = converse(*served.handler, said, 1 + data[0] % 64);
    if (whole.find("outside") != whole.npos) std::abort();
    blank_dates(whole);
    blank_dates(pieces);
    if (whole != pieces) std::abort();
    return 0;
}
