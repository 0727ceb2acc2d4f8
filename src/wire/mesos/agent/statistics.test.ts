import assert from "node:assert/strict";
import { test } from "node:test";
import { milli, resources } from "#model/resources.ts";
import { containerStatistics } from "./statistics.ts";

const shown = { resources: resources({ cpus: 0.5, mem: 64 }), limits: {} };

test("a container of which nothing is counted shows what it may use", () => {
  const limits = { timestamp: 2, cpus_soft_limit: 0.5, mem_soft_limit_bytes: 67_108_864n };
  assert.deepEqual(containerStatistics(shown, [], 2_000), { ...limits, mem_limit_bytes: 67_108_864n });
  assert.deepEqual(
    containerStatistics({ ...shown, limits: { cpus: milli(2), mem: "unlimited" } }, [], 2_000),
    { ...limits, cpus_limit: 2 },
  );
});

test("what is counted is shown under Mesos's names, the older ones too", () => {
  const usage = {
    timestampMs: 1_999,
    processes: 2,
    cpuUserSeconds: 1.5,
    cpuPeriodsThrottled: 3,
    memoryRssBytes: 4_096,
    memoryCacheBytes: 8_192,
    diskBytes: 100,
    diskLimitBytes: 200,
    devices: [{ device: "8:16", readBytes: 1, writtenBytes: 2, reads: 3, writes: 4 }],
  };
  assert.deepEqual(containerStatistics(shown, [usage], 2_000), {
    timestamp: 2,
    processes: 2,
    cpus_user_time_secs: 1.5,
    cpus_nr_throttled: 3,
    cpus_soft_limit: 0.5,
    mem_rss_bytes: 4_096n,
    mem_anon_bytes: 4_096n,
    mem_cache_bytes: 8_192n,
    mem_file_bytes: 8_192n,
    mem_limit_bytes: 67_108_864n,
    mem_soft_limit_bytes: 67_108_864n,
    disk_used_bytes: 100n,
    disk_limit_bytes: 200n,
    blkio_statistics: {
      throttling: [
        {
          device: { major_number: 8n, minor_number: 16n },
          io_serviced: [
            { op: "READ", value: 3n },
            { op: "WRITE", value: 4n },
          ],
          io_service_bytes: [
            { op: "READ", value: 1n },
            { op: "WRITE", value: 2n },
          ],
        },
      ],
    },
  });
});

test("an executor that is no process shows the sums of its tasks", () => {
  const device = { device: "8:0", readBytes: 10, writtenBytes: 0, reads: 1, writes: 0 };
  const one = { timestampMs: 1, cpuUserSeconds: 1, memoryRssBytes: 10, devices: [device] };
  const other = { timestampMs: 1, memoryRssBytes: 20, devices: [device] };
  const sums = containerStatistics(shown, [one, other], 0);
  assert.equal(sums.cpus_user_time_secs, 1);
  assert.equal(sums.mem_rss_bytes, 30n);
  assert.equal(sums.blkio_statistics?.throttling?.[0]?.io_service_bytes?.[0]?.value, 20n);
});

test("traffic of a network that several tasks share counts once", () => {
  const network = (space: string) => ({
    ...{ space, receivedBytes: 10, receivedPackets: 1, receivedErrors: 0, receivedDropped: 2 },
    ...{ sentBytes: 20, sentPackets: 3, sentErrors: 0, sentDropped: 0 },
  });
  const usages = ["a", "a", "b"].map((space) => ({ timestampMs: 0, network: network(space) }));
  const { net_rx_bytes, net_rx_dropped, net_tx_bytes, net_tx_packets } = containerStatistics(
    shown,
    usages,
    2_000,
  );
  assert.deepEqual([net_rx_bytes, net_rx_dropped, net_tx_bytes, net_tx_packets], [20n, 4n, 40n, 6n]);
});
