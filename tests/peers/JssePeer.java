/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Java's TLS (JSSE) for tls_rig.py: one process for many clients and servers.  Commands come on
 * standard input, ID first; lines about it come back with the ID first, in no order among IDs.
 *
 *     ID server VERSION NAME none|want|need ALPN
 *         ID port NUMBER; then for each connection, at its end, ID seen name=value ...
 *     ID client VERSION PORT NAME|- ALPN CONNECTIONS BYTES
 *         for each connection ID seen name=value ...; then ID done
 *
 * NAME.pem or NAME-chain.pem and NAME.key are files of the folder that is the only argument; ALPN
 * is one name, or "-".  A server gives back what it gets.
 */
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.net.ssl.*;

public class JssePeer {
    static final int PATIENCE = 15000; /* milliseconds */
    static final char[] NO_PASSWORD = {};
    static Path folder;

    static synchronized void say(String id, String text) {
        System.out.println(id + " " + text);
        System.out.flush();
    }

    static Collection<? extends Certificate> certificates(String name) throws Exception {
        Path chain = folder.resolve(name + "-chain.pem");
        Path file = Files.exists(chain) ? chain : folder.resolve(name + ".pem");
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
    }

    static PrivateKey key(String name, PublicKey publicKey) throws Exception {
        String text = Files.readString(folder.resolve(name + ".key"));
        byte[] der = Base64.getMimeDecoder().decode(text.replaceAll("-----[A-Z ]+-----", ""));
        return KeyFactory.getInstance(publicKey.getAlgorithm())
                .generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    static KeyStore emptyStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /* A context of its own, so that no session is shared; name "-" has no certificate. */
    static SSLContext context(String name) throws Exception {
        KeyStore ours = emptyStore();
        KeyStore trusted = emptyStore();
        if (!name.equals("-")) {
            Certificate[] chain = certificates(name).toArray(new Certificate[0]);
            ours.setKeyEntry("ours", key(name, chain[0].getPublicKey()), NO_PASSWORD, chain);
        }
        trusted.setCertificateEntry("ca", certificates("ca").iterator().next());
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(ours, NO_PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    static SSLParameters parameters(String version, String alpn) {
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] { "TLSv" + version });
        if (!alpn.equals("-"))
            parameters.setApplicationProtocols(new String[] { alpn });
        return parameters;
    }

    static String peer(SSLSession session) {
        try {
            X509Certificate certificate = (X509Certificate) session.getPeerCertificates()[0];
            return certificate.getSubjectX500Principal().getName();
        } catch (SSLPeerUnverifiedException none) {
            return "-";
        }
    }

    /* A session that is older than its connection was resumed. */
    static String describe(SSLSocket socket, long begun) {
        SSLSession session = socket.getSession();
        String alpn = socket.getApplicationProtocol();
        return "protocol=" + session.getProtocol() + " cipher=" + session.getCipherSuite()
                + " alpn=" + (alpn == null || alpn.isEmpty() ? "-" : alpn)
                + " resumed=" + (session.getCreationTime() < begun ? 1 : 0)
                + " peer=" + peer(session);
    }

    static String trouble(Exception error) {
        return "error=" + error.toString().replace(' ', '_').replace('\n', '_');
    }

    static long echo(SSLSocket socket) throws IOException {
        byte[] block = new byte[16384];
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        long all = 0;
        for (int n = in.read(block); n >= 0; n = in.read(block)) {
            out.write(block, 0, n);
            out.flush();
            all += n;
        }
        return all;
    }

    static void serveOne(String id, SSLSocket socket, long begun) {
        String what = "";
        try (socket) {
            socket.setSoTimeout(PATIENCE);
            socket.startHandshake();
            what = describe(socket, begun) + " ";
            say(id, "seen " + what + "echoed=" + echo(socket));
        } catch (Exception error) {
            say(id, "seen " + what + trouble(error));
        }
    }

    static void serve(String id, String[] word) throws Exception {
        SSLParameters parameters = parameters(word[2], word[5]);
        parameters.setWantClientAuth(word[4].equals("want"));
        if (word[4].equals("need"))
            parameters.setNeedClientAuth(true);
        SSLServerSocket listener = (SSLServerSocket) context(word[3]).getServerSocketFactory()
                .createServerSocket(0, 16, InetAddress.getByName("127.0.0.1"));
        listener.setSSLParameters(parameters);
        say(id, "port " + listener.getLocalPort());
        while (true) {
            SSLSocket socket = (SSLSocket) listener.accept();
            serveOne(id, socket, System.currentTimeMillis());
        }
    }

    /* Lines of digits, each of which is to come back. */
    static void talk(SSLSocket socket, int bytes) throws IOException {
        byte[] line = new byte[bytes];
        for (int i = 0; i < bytes; i++)
            line[i] = (byte) ('0' + i % 10);
        line[bytes - 1] = '\n';
        socket.getOutputStream().write(line);
        byte[] got = socket.getInputStream().readNBytes(bytes);
        if (!Arrays.equals(got, line))
            throw new IOException("other bytes came back");
    }

    static void connect(String id, SSLContext context, String[] word) {
        String what = "";
        long begun = System.currentTimeMillis();
        SSLParameters parameters = parameters(word[2], word[5]);
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket("localhost", Integer.parseInt(word[3]))) {
            socket.setSoTimeout(PATIENCE);
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            what = describe(socket, begun) + " ";
            talk(socket, Integer.parseInt(word[7]));
            say(id, "seen " + what + "echoed=" + word[7]);
        } catch (Exception error) {
            say(id, "seen " + what + trouble(error));
        }
    }

    static void command(String[] word) {
        try {
            if (word[1].equals("server")) {
                serve(word[0], word);
            } else {
                SSLContext context = context(word[4]);
                for (int i = 0; i < Integer.parseInt(word[6]); i++) {
                    Thread.sleep(2); /* so that a session's age can be seen */
                    connect(word[0], context, word);
                }
            }
        } catch (Exception error) {
            say(word[0], trouble(error));
        }
        say(word[0], "done");
    }

    public static void main(String[] arguments) throws Exception {
        folder = Path.of(arguments[0]);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        say("-", "ready");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] word = line.split(" ");
            Thread thread = new Thread(() -> command(word));
            thread.setDaemon(true);
            thread.start();
        }
    }
}
