// SPDX-License-Identifier: ISC
// A socket that plays journald: what it is sent, when it does not read, and when it comes back.
#include "daemon/os/journal.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <system_error>

#include "daemon/os/log_sink.h"

using namespace minetd;

namespace {

class FakeJournal {
  public:
    FakeJournal() {
        char name[] = "/tmp/minetd-journal-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        directory_ = name;
        listen();
    }
    ~FakeJournal() {
        ::unlink(path().c_str());
        ::rmdir(directory_.c_str());
    }
    std::string path() const { return directory_ + "/socket"; }
    void listen() {
        ::unlink(path().c_str());
        fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path().c_str());
        REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
    }
    /// Empty when there is nothing.
    std::string receive() {
        char bytes[8192];
        const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        return got < 0 ? "" : std::string(bytes, static_cast<std::size_t>(got));
    }

  private:
    std::string directory_;
    UniqueFd fd_;
};

}  // namespace

TEST_SUITE("os") {
    TEST_CASE("journal: values with newlines have their length before them") {
        const JournalField fields[] = {{"A", "x=y"}, {"B", "1\n2"}, {"C", ""}};
        const std::string length("\3\0\0\0\0\0\0\0", 8);
        CHECK(journal_entry(fields) == "A=x=y\nB\n" + length + "1\n2\nC=\n");
    }

    TEST_CASE("journal: a line becomes an entry, with what a sink adds to it") {
        FakeJournal journal;
        const auto sink = journal_sink(journal.path());
        sink->write(Level::warning, "hello");
        CHECK(journal.receive() ==
              "PRIORITY=4\nSYSLOG_FACILITY=3\nMESSAGE=hello\nSYSLOG_IDENTIFIER=minetd\n");
        const JournalField fields[] = {{"MINETD_SERVICE", "ftp"}, {"SYSLOG_IDENTIFIER", "ftp"}};
        sink->write(Level::notice, "x", fields);
        CHECK(journal.receive() ==
              "PRIORITY=5\nSYSLOG_FACILITY=3\nMESSAGE=x\nMINETD_SERVICE=ftp\n"
              "SYSLOG_IDENTIFIER=ftp\n");
    }

    TEST_CASE("journal: one that does not read is not waited for, and the loss is told") {
        FakeJournal journal;
        const auto sink = journal_sink(journal.path());
        // More than any queue of datagrams is long.
        const std::string line(1000, 'x');
        constexpr int written = 5000;
        for (int n = 0; n < written; ++n) sink->write(Level::info, line);
        int taken = 0;
        while (!journal.receive().empty()) ++taken;
        CHECK(taken > 0);
        REQUIRE(taken < written);
        sink->write(Level::info, "again");
        CHECK(journal.receive().find("MESSAGE=(" + std::to_string(written - taken) +
                                     " lines lost before this one) again\n") != std::string::npos);
        sink->write(Level::info, "on");
        CHECK(journal.receive().find("MESSAGE=on\n") != std::string::npos);
    }

    TEST_CASE("journal: one that is restarted is found again; none is an error at once") {
        FakeJournal journal;
        const auto sink = journal_sink(journal.path());
        journal.listen();
        sink->write(Level::info, "here");
        CHECK(journal.receive().find("MESSAGE=here\n") != std::string::npos);
        CHECK_THROWS_AS(journal_sink("/no/such/socket"), std::system_error);
        CHECK_THROWS_AS(journal_sink("/" + std::string(200, 'x')), std::system_error);
    }

    TEST_CASE("journal: standard error that systemd connected to it is known by its inode") {
        struct stat status {};
        REQUIRE(::fstat(2, &status) == 0);
        const std::string device = std::to_string(status.st_dev),
                          inode = std::to_string(status.st_ino);
        CHECK(is_journal_stream(2, (device + ':' + inode).c_str()));
        CHECK_FALSE(is_journal_stream(2, (device + ':' + inode + '1').c_str()));
        CHECK_FALSE(is_journal_stream(2, (device + "1:" + inode).c_str()));
        CHECK_FALSE(is_journal_stream(2, "x"));
        CHECK_FALSE(is_journal_stream(2, nullptr));
        CHECK_FALSE(is_journal_stream(-1, "1:1"));
    }
}
